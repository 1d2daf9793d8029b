/** The host of users' code of the fake platform: the other name in its certificate. */
export const userCode = { host: 'git.test', authority: 'git.test', sessionCookie: '__Host-breakwater-apps' };

/** Clients of the fake Dex, by host. */
export const clients = { platform: 'oauth2-proxy', code: 'oauth2-proxy-apps' } as const;
