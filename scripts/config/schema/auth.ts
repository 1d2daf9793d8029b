import * as z from 'zod';
import { dexText, duration, durationSeconds, email, secretReference } from './common.ts';
import { connector } from './connectors.ts';
import { groupName } from './group-name.ts';
import { eachRepetition, reads, readsAsWritten } from './reads.ts';

const user = z
  .strictObject({
    email: email.describe('E-mail address of the user. Kubeflow identifies users by it.'),
    name: dexText.max(200, 'at most 200 characters').optional().describe('Display name. Default: the e-mail address.'),
    groups: z.array(groupName).default([]).describe('Groups of the user, for auth.groups and Kubeflow.'),
    password: secretReference
      .optional()
      .describe('The password. Without password and passwordHash, the bootstrap generates one and shows it once.'),
    passwordHash: secretReference
      .optional()
      .describe('The bcrypt hash of the password ($2a$, $2b$ or $2y$, cost 10 or more).'),
  })
  .superRefine((value, context) => {
    if (value.password !== undefined && value.passwordHash !== undefined) {
      context.addIssue({
        code: 'custom',
        message: 'password and passwordHash cannot both be set',
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
      .describe('Address of your Redis; rediss:// uses TLS.'),
    password: secretReference.optional().describe('Password of the Redis.'),
    caBundle: z
      .base64('must be base64, in one line')
      .refine(isPem, 'must be the base64 of PEM certificates')
      .optional()
      .describe(
        'Base64-encoded PEM of the CA that signed its certificate. Needed only if the CA is not publicly trusted.',
      ),
  })
  .superRefine(
    (value, context) => {
      if (value.caBundle !== undefined && value.url.startsWith('redis://')) {
        context.addIssue({
          code: 'custom',
          path: ['caBundle'],
          message: 'has no effect: url is redis://, which does not use TLS',
          params: { hint: 'Use a rediss:// URL, or remove caBundle.', at: 'key' },
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
    lifetime: duration.default('168h').describe('Lifetime of an idle session. Each refresh restarts it.'),
    refresh: duration
      .default('1h')
      .describe(
        'Interval at which a session is renewed with Dex. A removed user loses access five minutes after this at the latest; a sign-out ends the session in one browser only.',
      ),
    store: z
      .enum(['cookie', 'redis'])
      .default('cookie')
      .describe('Session store. cookie: the encrypted cookie. redis: your own Redis.'),
    redis: redis.optional().describe('The Redis that stores the sessions (store: redis).'),
  })
  .superRefine(
    (value, context) => {
      if (durationSeconds(value.refresh) >= durationSeconds(value.lifetime)) {
        context.addIssue({
          code: 'custom',
          path: ['refresh'],
          message: `must be shorter than lifetime (${value.lifetime}), but is ${value.refresh}`,
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
        message: 'must be longer than 15m, the time a user has to log in',
      });
    }
  }, reads('lifetime'))
  .superRefine(
    (value, context) => {
      if (value.store === 'redis' && value.redis === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['store'],
          message: 'redis needs an address',
          params: { hint: 'Add session.redis: {url: redis://HOST:PORT}.' },
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
        message: 'has no effect with store: cookie',
        params: { hint: 'Set session.store: redis, or remove redis.', at: 'key' },
      });
    }
  }, reads('store'))
  .prefault({})
  .describe('Session lifetime and session store.');

/** The `auth` section: users, connectors, groups and sessions. */
export const auth = z
  .strictObject({
    users: z.array(user).default([]).describe("Users in Dex's own configuration (static users)."),
    connectors: z
      .array(connector)
      .default([])
      .describe('Identity providers: GitHub, OIDC, LDAP, SAML, or any other connector of Dex.'),
    emailDomains: z
      .array(z.string().regex(/^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/, 'must be a domain such as example.com, or "*"'))
      .min(1, 'must not be empty: no user could log in')
      .default(['*'])
      .describe('E-mail domains whose users may log in.'),
    groups: z.array(groupName).default([]).describe('Groups whose members may log in. Empty: every user known to Dex.'),
    session,
    issuer: z
      .enum(['in-cluster', 'gateway'])
      .default('in-cluster')
      .describe(
        'How OAuth2 Proxy reaches Dex. in-cluster: at its Service, so that it starts without the load balancer. gateway: through the gateway, by OIDC discovery, trusting its CA.',
      ),
    userCodeHost: z
      .boolean()
      .default(false)
      .describe(
        "Serve what runs users' code (notebooks, TensorBoards, volume viewers, models, tenants' routes) at apps.<host>, with a login of its own. Each host then has a session of its own. Requires a DNS name as host.",
      ),
    machineTokens: z
      .boolean()
      .default(false)
      .describe(
        'Accept Dex ID tokens in the Authorization header, for SDK clients outside the cluster. false: the gateway removes the header, and such clients get 401 or the login page.',
      ),
  })
  .superRefine((value, context) => {
    eachRepetition(value.users, 'email', (index, text) =>
      context.addIssue({
        code: 'custom',
        path: ['users', index, 'email'],
        message: `"${text}" is the address of two users`,
      }),
    );
    eachRepetition(value.connectors, 'id', (index, text) =>
      context.addIssue({
        code: 'custom',
        path: ['connectors', index, 'id'],
        message: `"${text}" is the id of two connectors`,
      }),
    );
  }, readsAsWritten)
  .superRefine(
    (value, context) => {
      if (value.users.length === 0 && value.connectors.length === 0) {
        context.addIssue({
          code: 'custom',
          path: [],
          message: 'no user could log in: auth.users and auth.connectors are both empty',
          params: { hint: 'Add auth.users: [{email: you@example.com}], or a connector.', at: 'key' },
        });
      }
    },
    reads('users', 'connectors'),
  )
  .describe('Users, identity providers and sessions.');
