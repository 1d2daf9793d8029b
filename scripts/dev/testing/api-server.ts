import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../cluster/api.ts';
import { type Connection, connect } from '../../cluster/connect.ts';
import { kubeconfigFor } from '../../cluster/kubeconfig.ts';
import { kubeTransport, type Transport } from '../../cluster/transport.ts';
import { type ApiServer, type ApiServerOptions, startApiServer } from '../sandbox/api-server.ts';
import { moduleFolder } from '../sandbox/modules.ts';

/** A real API server for one test file. */
export interface TestServer {
  server: ApiServer;
  connection: Connection;
  /** Connects as another user. */
  as(name: string, groups?: readonly string[]): Promise<Connection>;
  /** The same cluster, through the test's own transport. */
  through(wrap: (transport: Transport) => Transport): Promise<Api>;
  stop(): Promise<void>;
}

/** Starts an API server in a temporary folder, which is removed with it. */
export async function startTestServer(options: Pick<ApiServerOptions, 'podAccounts'> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater cluster-'));
  const server = await startApiServer({ ...options, folder, report: (line) => console.log(line) });
  const context = server.contextName;
  const at = (file: string) => ({ context, environment: { KUBECONFIG: file } });
  return {
    server,
    connection: await connect(at(server.kubeconfigPath)),
    as: async (name, groups = []) => connect(at(await server.kubeconfigFor({ name, groups }))),
    async through(wrap) {
      const config = await kubeconfigFor(context, at(server.kubeconfigPath));
      return new Api(wrap(kubeTransport(config, { timeout: 60_000 })), { attempts: 5, pause: 10 });
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @returns a file of Argo CD's manifests from its Go module, as `crds/application-crd.yaml` */
export async function argocdManifest(path: string): Promise<string> {
  return readFile(join(await moduleFolder('argo-cd'), 'manifests', path), 'utf8');
}
