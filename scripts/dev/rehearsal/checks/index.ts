import { check as acme } from './acme.ts';
import { check as apps } from './apps.ts';
import { check as ownHost } from './apps-own-host.ts';
import { check as attacks } from './attacks.ts';
import { check as bootstrap } from './bootstrap.ts';
import { check as change } from './change.ts';
import type { Check } from './check.ts';
import { check as connectors } from './connectors.ts';
import { check as drift } from './drift.ts';
import { check as failClosed } from './fail-closed.ts';
import { check as gate } from './gate.ts';
import { check as gitea } from './gitea.ts';
import { check as host } from './host.ts';
import { check as interrupted } from './interrupted.ts';
import { check as kubeflow } from './kubeflow.ts';
import { check as kubeflowBrowser } from './kubeflow-browser.ts';
import { check as kubeflowOwner } from './kubeflow-owner.ts';
import { check as kubeflowTenants } from './kubeflow-tenants.ts';
import { check as kubeflowTraining } from './kubeflow-training.ts';
import { check as login } from './login.ts';
import { check as networkPolicies } from './network-policies.ts';
import { check as podSecurity } from './pod-security.ts';
import { check as recovery } from './recovery.ts';
import { check as removedUser } from './removed-user.ts';
import { check as renewal } from './renewal.ts';
import { check as strayFiles } from './stray-files.ts';
import { check as stuck } from './stuck.ts';
import { check as tenants } from './tenants.ts';
import { check as tls } from './tls.ts';
import { check as userCodeHost } from './user-code-host.ts';
import { check as waves } from './waves.ts';

/** All checks, in the order in which they run: read-only ones first, destructive ones last. */
export const checks: readonly Check[] = [
  bootstrap,
  host,
  tls,
  login,
  attacks,
  change,
  podSecurity,
  networkPolicies,
  waves,
  stuck,
  interrupted,
  apps,
  ownHost,
  userCodeHost,
  tenants,
  kubeflow,
  kubeflowBrowser,
  kubeflowTenants,
  kubeflowTraining,
  kubeflowOwner,
  gate,
  failClosed,
  removedUser,
  drift,
  strayFiles,
  renewal,
  acme,
  connectors,
  gitea,
  // The last one: it deletes the cluster, and creates another.
  recovery,
];
