import type { Group } from '../check.ts';
import { forgedHeaders } from './forged-headers.ts';
import { forgedIdentity } from './forged-identity.ts';
import { hosts } from './hosts.ts';
import { knownHoles } from './known-holes.ts';
import { login } from './login.ts';
import { methods, preflights } from './methods.ts';
import { ownAnswers } from './own-answers.ts';
import { paths } from './paths.ts';
import { places } from './places.ts';
import { plainHttp } from './plain-http.ts';
import { protocols, upgrades } from './protocols.ts';
import { redirects } from './redirects.ts';
import { sessionCookies } from './session-cookies.ts';
import { tls } from './tls.ts';
import { userCode } from './user-code.ts';

/** All groups, in the order in which they run. */
export const groups: readonly Group[] = [
  tls,
  login,
  places,
  userCode,
  forgedHeaders,
  forgedIdentity,
  sessionCookies,
  paths,
  ownAnswers,
  redirects,
  plainHttp,
  hosts,
  methods,
  preflights,
  upgrades,
  protocols,
  knownHoles,
];
