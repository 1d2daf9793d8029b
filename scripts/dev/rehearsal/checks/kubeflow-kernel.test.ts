import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCell } from './kubeflow-kernel.ts';

const server = createServer((_, response) => response.writeHead(403).end());
let url: string;

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/channels`;
});
afterAll(() => server.close());

test('a WebSocket that the gateway refuses counts as closed', async () => {
  expect(await runCell(url, '', 'print(1)')).toBe('closed');
});
