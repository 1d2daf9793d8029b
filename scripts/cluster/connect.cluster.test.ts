import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../dev/testing/api-server.ts';
import { connect } from './connect.ts';

let test: TestServer;

beforeAll(async () => {
  test = await startTestServer();
});

afterAll(() => test?.stop());

/** A kubeconfig of the administrator with something else in it. */
async function changed(
  name: string,
  change: (config: { clusters: { cluster: object }[]; users: { user: object }[] }) => void,
) {
  const config = JSON.parse(await readFile(test.server.kubeconfigPath, 'utf8'));
  change(config);
  const file = join(test.server.folder, name);
  await writeFile(file, JSON.stringify(config));
  return connect({ context: test.server.contextName, environment: { KUBECONFIG: file } });
}

describe('connecting', () => {
  it('says which cluster it is, its version and who we are', async () => {
    expect(test.connection).toMatchObject({
      context: test.server.contextName,
      server: test.server.url,
      version: expect.stringMatching(/^1\.\d+\.\d+/),
      user: 'admin',
      warnings: [],
    });
  });

  it('works for a user without any rights', async () => {
    expect(await test.as('nobody-special')).toMatchObject({ user: 'nobody-special' });
  });

  it('is refused with a token that is not good, though strangers may ask for the version', async () => {
    await expect(
      changed('token', (config) => {
        config.users.forEach((entry) => {
          entry.user = { token: 'expired' };
        });
      }),
    ).rejects.toMatchObject({
      name: 'RunError',
      message: expect.stringContaining('the credentials are invalid or have expired'),
    });
  });

  it('takes credentials from a plugin, which gets the version of the interface, and asks it once', async () => {
    const counter = join(test.server.folder, 'asked');
    // The administrator's certificate, given by a plugin instead of the kubeconfig.
    const script = `
      const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      require('node:fs').appendFileSync(${JSON.stringify(counter)}, JSON.stringify(spec) + '\\n');
      const pem = (text) => Buffer.from(text, 'base64').toString();
      const status = { clientCertificateData: pem(process.env.CERT), clientKeyData: pem(process.env.KEY) };
      console.log(JSON.stringify({ kind: 'ExecCredential', status }));
    `;
    const connection = await changed('plugin', (config) => {
      config.users.forEach((entry) => {
        const user = entry.user as Record<string, string>;
        const env = [
          { name: 'CERT', value: user['client-certificate-data'] },
          { name: 'KEY', value: user['client-key-data'] },
        ];
        const apiVersion = 'client.authentication.k8s.io/v1';
        entry.user = { exec: { apiVersion, command: process.execPath, args: ['-e', script], env } };
      });
    });
    expect(connection.user).toBe('admin');
    await connection.api.list('v1', 'Namespace');
    expect(await readFile(counter, 'utf8')).toMatch(/^\{"interactive":(true|false)\}\n$/);
  });

  it('is refused without credentials', async () => {
    await expect(
      changed('anonymous', (config) => {
        config.users.forEach((entry) => {
          entry.user = {};
        });
      }),
    ).rejects.toThrow('the credentials are invalid or have expired');
  });

  it("says so when the server's CA is unknown", async () => {
    await expect(
      changed('ca', (config) => {
        config.clusters.forEach((entry) => {
          entry.cluster = { server: test.server.url };
        });
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining('signed by a CA that is not in the kubeconfig') });
  });

  it('says so when the certificate is for another name', async () => {
    await expect(
      changed('name', (config) => {
        config.clusters.forEach((entry) => {
          entry.cluster = { ...entry.cluster, 'tls-server-name': 'other.example.com' };
        });
      }),
    ).rejects.toThrow('its certificate is for a different name');
  });

  it('goes through the proxy that the kubeconfig names', async () => {
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      asked.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const onward = connectTo(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      // The client ends a connection without waiting for the server's last words.
      onward.on('error', () => onward.destroy());
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      const connection = await changed('proxy', (config) => {
        config.clusters.forEach((entry) => {
          entry.cluster = { ...entry.cluster, 'proxy-url': `http://127.0.0.1:${port}` };
        });
      });
      expect(connection.user).toBe('admin');
      expect(asked).toContain(new URL(test.server.url).host);
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });

  it('says so when the address is not a Kubernetes API server', async () => {
    await expect(
      changed('path', (config) => {
        config.clusters.forEach((entry) => {
          entry.cluster = { ...entry.cluster, server: `${test.server.url}/elsewhere` };
        });
      }),
    ).rejects.toMatchObject({ hint: expect.stringContaining('is a Kubernetes API server') });
  });
});
