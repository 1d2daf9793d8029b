import { randomUUID } from 'node:crypto';
import { Agent, WebSocket } from 'undici';

/**
 * Runs code in a kernel, like a notebook's page.
 *
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute
 *
 * @param url of the kernel's channels
 * @returns the code's output; "closed" without a WebSocket, "silent" after a minute
 */
export function runCell(url: string, cookie: string, code: string): Promise<string> {
  // The login test verifies the server; this one tests only the gateway.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const socket = new WebSocket(url, { headers: { cookie }, dispatcher });
  const session = randomUUID();
  return new Promise((resolve) => {
    let ended = false;
    const end = (answer: string) => {
      // To close a socket that was refused is an error of its own, which would come back here.
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), 60_000);
    socket.addEventListener('error', () => end('closed'));
    socket.addEventListener('close', () => end('closed'));
    socket.addEventListener('open', () => {
      const header = { msg_id: randomUUID(), session, username: '', date: new Date().toISOString() };
      const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
      socket.send(
        JSON.stringify({
          channel: 'shell',
          header: { ...header, msg_type: 'execute_request', version: '5.3' },
          parent_header: {},
          metadata: {},
          content,
          buffers: [],
        }),
      );
    });
    socket.addEventListener('message', ({ data }) => {
      const { msg_type: type, content, parent_header: parent } = JSON.parse(String(data));
      if (type === 'stream' && parent.session === session) end(String(content.text).trim());
    });
  });
}
