import { z } from 'zod';
import { appAccess, appHost, appPath } from './app.ts';
import { deadline, label } from './common.ts';

/** One entry of the `apps` section. */
const appSettings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether it runs here.'),
    path: appPath.optional().describe("Path prefix here. Default: app.yaml's place."),
    host: appHost.optional().describe("First label of a host of its own here. Default: app.yaml's place."),
    access: appAccess.optional().describe("Who may open it here, in place of app.yaml's access."),
    version: z
      .string()
      .regex(/^v?\d+\.\d+(\.\d+)?([-+.][0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.3')
      .optional()
      .describe("Version of its chart or kustomization here. Default: app.yaml's."),
    readyWithin: deadline.optional().describe('How long it may take to get ready here.'),
  })
  .superRefine((value, context) => {
    if (value.path === undefined || value.host === undefined) return;
    context.addIssue({
      code: 'custom',
      message: 'path and host exclude each other',
      params: { hint: 'Keep one of them.', at: 'key', among: ['path', 'host'] },
    });
  })
  .meta({ id: 'app', description: 'Settings of one app on this cluster.' });

/** The `apps` section. */
export const clusterApps = z
  .record(label, appSettings)
  .default({})
  .describe('Which apps of apps/ run here, behind the same login, and where. An app that is named runs.');
