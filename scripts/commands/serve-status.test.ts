import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { UsageError } from '../report/errors.ts';
import { servePage } from './serve-status.ts';

let stop = () => {};
afterEach(() => stop());

function ask(url: string, path: string, host: string, method = 'GET'): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    request(url + path, { method, headers: { host } }, (answer) => {
      let body = '';
      answer.on('data', (part) => {
        body += part;
      });
      answer.on('end', () => resolve([answer.statusCode ?? 0, body]));
    })
      .once('error', reject)
      .end();
  });
}

it('serves the page as it is now, on this machine and by its own names only', async () => {
  let count = 0;
  const served = await servePage(0, (paused) => `page ${++count}${paused ? ' paused' : ''}`);
  stop = served.stop;
  const { port, hostname, origin } = new URL(served.url);
  expect(hostname).toBe('127.0.0.1');
  expect(await ask(origin, '/', `127.0.0.1:${port}`)).toEqual([200, 'page 1']);
  expect(await ask(origin, '/', `localhost:${port}`)).toEqual([200, 'page 2']);
  expect(await ask(origin, '/paused', `localhost:${port}`)).toEqual([200, 'page 3 paused']);
  expect(await ask(origin, '/', `evil.example.com:${port}`)).toEqual([421, '']);
  expect(await ask(origin, '/x', `127.0.0.1:${port}`)).toEqual([404, '']);
  expect(await ask(origin, '/', `127.0.0.1:${port}`, 'POST')).toEqual([405, '']);
  await expect(servePage(Number(port), () => '')).rejects.toThrow(UsageError);
});
