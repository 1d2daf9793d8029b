import * as z from 'zod';
import { label } from './common.ts';
import { platformPathOf } from './places.ts';

/** A path prefix under the platform's host. */
export const appPath = z
  .string()
  .regex(/^\/([A-Za-z0-9_~-][A-Za-z0-9._~-]*\/)+$/, {
    abort: true,
    error: 'must start and end with "/", with letters, digits and "._~-" in between: /grafana/',
  })
  .max(200, 'at most 200 characters')
  .superRefine((text, context) => {
    const taken = platformPathOf(text);
    if (taken === undefined) return;
    context.addIssue({
      code: 'custom',
      message: `${taken} belongs to the platform`,
      params: { hint: 'Choose another path.' },
    });
  });

/** First label of an app's own host. */
export const appHost = label.refine(
  (text) => !text.startsWith('xn--'),
  'must not start with "xn--": such names can imitate others',
);

/** Where people find an app. */
export const appPlaceSchema = z
  .union([
    z.strictObject({
      path: appPath.describe(
        "Path prefix under the platform's host. The app must serve under this prefix, or set strip.",
      ),
      strip: z.boolean().default(false).describe('Remove the prefix before a request reaches the app.'),
    }),
    z.strictObject({
      host: appHost.describe(
        "The app's own host under the platform's: grafana becomes grafana.<host>, with its own certificate.",
      ),
    }),
  ])
  .describe('Address of the app: {path: /grafana/} or {host: grafana}. Without it, service and access: no page.');

/** What answers for it. */
export const service = z
  .strictObject({
    name: label.describe('Service that receives the requests.'),
    port: z.int().min(1).max(65535).describe('Port of the Service.'),
    protocol: z
      .enum(['http', 'https'])
      .default('http')
      .describe(
        "Protocol of the Service. http: encrypted by the mesh. https: the app's own TLS, whose certificate is not verified.",
      ),
    pods: z
      .record(z.string().min(1), z.string())
      .refine((labels) => Object.keys(labels).length > 0, 'must not be empty')
      .optional()
      .describe(
        "Labels of the Service's pods. Only these pods are restricted to requests from the gateway. Default: all pods of the namespace.",
      ),
  })
  .describe('Service and port that receive the requests.');
