import { z } from 'zod';
import { duration, durationSeconds, email, secretReference } from './common.ts';
import { connector } from './connectors.ts';

const user = z
  .strictObject({
    email: email.describe('Who it is; Kubeflow knows people by their e-mail address.'),
    name: z.string().min(1).max(200).optional().describe('Display name. Default: the e-mail address.'),
    groups: z
      .array(
        z
          .string()
          .min(1)
          .regex(/^[^,]+$/, 'must not contain ","'),
      )
      .default([])
      .describe('Groups, for auth.groups and Kubeflow.'),
    password: secretReference
      .optional()
      .describe('The password. Neither password nor passwordHash: one is made and shown once.'),
    passwordHash: secretReference
      .optional()
      .describe('The bcrypt hash of the password ($2a$, $2b$ or $2y$, cost 10 or more).'),
  })
  .superRefine((value, context) => {
    if (value.password !== undefined && value.passwordHash !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['passwordHash'],
        message: 'is given beside password',
        params: { hint: 'Keep one of them.' },
      });
    }
  });

const session = z
  .strictObject({
    lifetime: duration.default('168h').describe('How long a login lasts.'),
    refresh: duration
      .default('1h')
      .describe('After what time the session is renewed with Dex; a user who was removed is out after this.'),
    store: z
      .enum(['cookie', 'redis'])
      .default('cookie')
      .describe('Where sessions are kept: in the (encrypted) cookie, or in a Redis of yours.'),
    redis: z
      .strictObject({
        url: z
          .string()
          .regex(
            /^rediss?:\/\/[^@\s/]+(:\d+)?(\/\d+)?$/,
            'must be redis://HOST:PORT or rediss://HOST:PORT, without user and password',
          )
          .describe('Address of a Redis that exists.'),
        password: secretReference.optional().describe('Its password.'),
      })
      .optional(),
  })
  .superRefine((value, context) => {
    if (durationSeconds(value.refresh) >= durationSeconds(value.lifetime)) {
      context.addIssue({
        code: 'custom',
        path: ['refresh'],
        message: `must be shorter than lifetime (${value.lifetime})`,
      });
    }
    if (durationSeconds(value.lifetime) <= 900) {
      context.addIssue({
        code: 'custom',
        path: ['lifetime'],
        message: 'must be longer than 15m, the time a person has to log in',
      });
    }
    if (value.store === 'redis' && value.redis === undefined)
      context.addIssue({ code: 'custom', path: ['store'], message: 'redis needs session.redis.url' });
    if (value.store === 'cookie' && value.redis !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['redis'],
        message: 'is given, but store is cookie',
        params: { hint: 'Set session.store: redis, or remove redis.' },
      });
  })
  .prefault({});

/** The `auth` section: who may log in, and how long a login lasts. */
export const auth = z
  .strictObject({
    users: z.array(user).default([]).describe('Users that Dex knows itself (static users).'),
    connectors: z
      .array(connector)
      .default([])
      .describe('Where else people come from: GitHub, OIDC, LDAP, SAML, or any other connector of Dex.'),
    emailDomains: z
      .array(z.string().regex(/^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/, 'must be a domain such as example.com, or "*"'))
      .min(1, 'must not be empty: nobody could log in')
      .default(['*'])
      .describe('Domains of e-mail addresses that may log in.'),
    groups: z.array(z.string().min(1)).default([]).describe('Groups that may log in; empty: everybody whom Dex knows.'),
    session,
    issuer: z
      .enum(['in-cluster', 'gateway'])
      .default('in-cluster')
      .describe(
        'How OAuth2 Proxy reaches Dex: at its Service (starts without the load balancer), or through the gateway with the CA, by discovery.',
      ),
    machineTokens: z
      .boolean()
      .default(false)
      .describe(
        'Accept ID tokens of Dex in the Authorization header, for SDK clients outside the cluster. Off: such requests get 401.',
      ),
  })
  .superRefine((value, context) => {
    unique(
      value.users.map((entry) => entry.email),
      (index, text) =>
        context.addIssue({
          code: 'custom',
          path: ['users', index, 'email'],
          message: `"${text}" is a second user with this address`,
        }),
    );
    unique(
      value.connectors.map((entry) => entry.id),
      (index, text) =>
        context.addIssue({
          code: 'custom',
          path: ['connectors', index, 'id'],
          message: `"${text}" is a second connector with this id`,
        }),
    );
    if (value.users.length === 0 && value.connectors.length === 0) {
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'nobody could log in: there are neither users nor connectors',
        params: { hint: 'Add auth.users: [{email: you@example.com}], or a connector.' },
      });
    }
  })
  .describe('Who may log in, and how long a login lasts.');

function unique(texts: readonly string[], report: (index: number, text: string) => void): void {
  for (const [index, text] of texts.entries()) if (texts.indexOf(text) !== index) report(index, text);
}
