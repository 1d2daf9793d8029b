import type { Group, SteppedCheck, SteppedResult } from '../check.ts';
import type { Client } from '../client.ts';

/** The TLS connection. Every other request also requires a trusted certificate that names the host. */
export const tls: Group = {
  name: 'tls',
  title: 'TLS',
  checks: ({ host }): SteppedCheck[] => [
    {
      id: 'certificate',
      tries: `whether the certificate is trusted, current, and names ${host}`,
      request: 'TLS handshake',
      expected: 'a trusted certificate for that name',
      steps: async (client) => {
        const { error, protocol, names, until } = await handshake(client, {});
        if (error !== undefined) return { answer: error, wrong: error };
        return { answer: `${protocol}, names ${names}, until ${until}` };
      },
    },
    ...(['TLSv1', 'TLSv1.1'] as const).map(
      (version): SteppedCheck => ({
        id: version,
        tries: `a connection with ${version}`,
        request: `TLS handshake with ${version} at most`,
        expected: 'no connection',
        steps: async (client): Promise<SteppedResult> => {
          const { error, protocol } = await handshake(client, { maxVersion: version });
          return error === undefined
            ? { answer: `connected with ${protocol}`, wrong: `${version} is accepted` }
            : { answer: `refused: ${error}` };
        },
      }),
    ),
  ],
};

interface Handshake {
  error?: string;
  protocol?: string;
  names?: string;
  until?: string;
}

/** OpenSSL's messages start with memory addresses; the reason is enough. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message.trim();
}

function handshake(client: Client, limits: { maxVersion?: 'TLSv1' | 'TLSv1.1' }): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = client.openTls(['http/1.1'], limits);
    socket.setTimeout(10_000, () => socket.destroy(new Error('timeout')));
    socket.once('error', (error) => resolve({ error: reasonOf(error) }));
    socket.once('secureConnect', () => {
      const { subjectaltname = 'nothing', valid_to } = socket.getPeerCertificate();
      resolve({ protocol: socket.getProtocol() ?? 'TLS', names: subjectaltname, until: valid_to });
      socket.destroy();
    });
  });
}
