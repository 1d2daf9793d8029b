import { z } from 'zod';
import { dexText, duration, durationSeconds, email, secretReference } from './common.ts';
import { connector } from './connectors.ts';
import { groupName } from './group-name.ts';
import { eachRepetition, reads, readsAsWritten } from './reads.ts';

const user = z
  .strictObject({
    email: email.describe('Who it is; Kubeflow knows people by their e-mail address.'),
    name: dexText.max(200, 'at most 200 characters').optional().describe('Display name. Default: the e-mail address.'),
    groups: z.array(groupName).default([]).describe('Groups, for auth.groups and Kubeflow.'),
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
        message: 'password and passwordHash exclude each other',
        params: { hint: 'Keep one of them.', at: 'key', among: ['password', 'passwordHash'] },
      });
    }
  }, readsAsWritten);

const redis = z
  .strictObject({
    url: z
      .string()
      .regex(
        /^rediss?:\/\/[^@\s/]+(:\d+)?(\/\d+)?$/,
        'must be redis://HOST:PORT or rediss://HOST:PORT, without user and password',
      )
      .describe('Address of a Redis that exists; rediss:// speaks TLS.'),
    password: secretReference.optional().describe('Its password.'),
    caBundle: z
      .base64()
      .refine(isPem, 'must be the base64 of PEM certificates')
      .optional()
      .describe('Base64 of the PEM of the CA that signed its certificate, where programs do not trust that already.'),
  })
  .superRefine(
    (value, context) => {
      if (value.caBundle !== undefined && value.url.startsWith('redis://')) {
        context.addIssue({
          code: 'custom',
          path: ['caBundle'],
          message: 'has no effect, as url is redis://, which is without TLS',
          params: { hint: 'Write rediss:// in url, or remove caBundle.', at: 'key' },
        });
      }
    },
    reads('url', 'caBundle'),
  );

function isPem(base64: string): boolean {
  return /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(Buffer.from(base64, 'base64').toString());
}

const session = z
  .strictObject({
    lifetime: duration
      .default('168h')
      .describe('How long a session lasts that nobody uses: each refresh begins it again.'),
    refresh: duration
      .default('1h')
      .describe(
        'After what time the session is renewed with Dex. A user who was removed is out five minutes after this; a sign-out ends the session in one browser only.',
      ),
    store: z
      .enum(['cookie', 'redis'])
      .default('cookie')
      .describe('Where sessions are kept: in the (encrypted) cookie, or in a Redis of yours.'),
    redis: redis.optional().describe('The Redis that keeps the sessions, with store: redis.'),
  })
  .superRefine(
    (value, context) => {
      if (durationSeconds(value.refresh) >= durationSeconds(value.lifetime)) {
        context.addIssue({
          code: 'custom',
          path: ['refresh'],
          message: `must be shorter than lifetime (${value.lifetime}), is ${value.refresh}`,
        });
      }
    },
    reads('refresh', 'lifetime'),
  )
  .superRefine((value, context) => {
    if (durationSeconds(value.lifetime) <= 900) {
      context.addIssue({
        code: 'custom',
        path: ['lifetime'],
        message: 'must be longer than 15m, the time a person has to log in',
      });
    }
  }, reads('lifetime'))
  .superRefine(
    (value, context) => {
      if (value.store === 'redis' && value.redis === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['store'],
          message: 'redis needs the address of a Redis',
          params: { hint: 'Add redis: {url: redis://HOST:PORT} beside it.' },
        });
      }
    },
    reads('store', 'redis'),
  )
  .superRefine((value, context) => {
    if (value.store === 'cookie' && value.redis !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['redis'],
        message: 'is given, but store is cookie',
        params: { hint: 'Set session.store: redis, or remove redis.', at: 'key' },
      });
    }
  }, reads('store'))
  .prefault({})
  .describe('How long a login lasts, and where sessions are kept.');

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
    groups: z.array(groupName).default([]).describe('Groups that may log in; empty: everybody whom Dex knows.'),
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
        'Accept ID tokens of Dex in the Authorization header, for SDK clients outside the cluster. Off: the header is removed, and such a client gets 401 or the login.',
      ),
  })
  .superRefine((value, context) => {
    eachRepetition(value.users, 'email', (index, text) =>
      context.addIssue({
        code: 'custom',
        path: ['users', index, 'email'],
        message: `"${text}" is a second user with this address`,
      }),
    );
    eachRepetition(value.connectors, 'id', (index, text) =>
      context.addIssue({
        code: 'custom',
        path: ['connectors', index, 'id'],
        message: `"${text}" is a second connector with this id`,
      }),
    );
  }, readsAsWritten)
  .superRefine(
    (value, context) => {
      if (value.users.length === 0 && value.connectors.length === 0) {
        context.addIssue({
          code: 'custom',
          path: [],
          message: 'nobody could log in: there are neither users nor connectors',
          params: { hint: 'Add auth.users: [{email: you@example.com}], or a connector.', at: 'key' },
        });
      }
    },
    reads('users', 'connectors'),
  )
  .describe('Who may log in, and how long a login lasts.');
