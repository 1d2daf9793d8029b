import { request } from 'node:https';

/** One request to a server whose certificate our own CA signed. */
export interface HttpsRequest {
  url: string;
  method?: string;
  /** PEM. */
  ca: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** @returns status and text, whatever the status */
export function requestHttps({
  url,
  method = 'GET',
  ca,
  headers = {},
  body,
}: HttpsRequest): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, ca, headers, agent: false, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('timeout', () => sent.destroy(new Error(`${url} did not answer`)));
    sent.once('error', reject).end(body);
  });
}
