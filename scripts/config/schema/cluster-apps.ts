import * as z from 'zod';
import { appAccess } from './app-access.ts';
import { appHost, appPath } from './app-place.ts';
import { deadline, label } from './common.ts';

/** One entry of the `apps` section. */
const appSettings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether the cluster runs the app.'),
    path: appPath.optional().describe('Path prefix on this cluster. Default: place in app.yaml.'),
    host: appHost.optional().describe("First label of the app's own host on this cluster. Default: place in app.yaml."),
    access: appAccess.optional().describe('Users who may open the app on this cluster. Replaces access in app.yaml.'),
    version: z
      .string()
      .regex(/^v?\d+\.\d+(\.\d+)?([-+.][0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.3')
      .optional()
      .describe('Version of the chart or kustomization on this cluster. Default: version in app.yaml.'),
    readyWithin: deadline.optional().describe('Time the app may take to become ready on this cluster.'),
  })
  .superRefine((value, context) => {
    if (value.path === undefined || value.host === undefined) return;
    context.addIssue({
      code: 'custom',
      message: 'path and host cannot both be set',
      params: { hint: 'Keep one of them.', at: 'key', among: ['path', 'host'] },
    });
  })
  .meta({ id: 'app', description: 'Settings of one app on this cluster.' });

/** The `apps` section. */
export const clusterApps = z
  .record(label, appSettings)
  .default({})
  .describe('Apps from apps/ that this cluster runs behind the login. Listing an app enables it.');
