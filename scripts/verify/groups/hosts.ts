import { type Cases, type Group, singles } from '../check.ts';
import { unserved } from '../judge.ts';
import type { Request } from '../request.ts';

/** Host headers: another name must neither reach an upstream nor appear in a redirect. */
export const hosts: Group = {
  name: 'hosts',
  title: 'Foreign Host headers',
  checks: ({ authority, host }) => singles(cases(authority, host), unserved),
};

function cases(authority: string, host: string): Cases {
  return [
    ['foreign', 'a foreign Host', { hosts: ['evil.example'] }],
    ['foreign-forged', 'a foreign Host with an identity header', foreignForged],
    ['foreign-dex', "Dex's paths under a foreign Host", { hosts: ['evil.example'], target: '/dex/auth/local/login' }],
    ['foreign-start', 'a login under a foreign Host', { hosts: ['evil.example'], target: '/oauth2/start?rd=%2F' }],
    [
      'in-cluster-dashboard',
      "the dashboard's in-cluster name as Host",
      { hosts: ['centraldashboard.kubeflow.svc.cluster.local'] },
    ],
    [
      'in-cluster-proxy',
      "OAuth2 Proxy's in-cluster name as Host",
      { hosts: ['oauth2-proxy.auth.svc.cluster.local'], target: '/ping' },
    ],
    ['in-cluster-argocd', "Argo CD's in-cluster name as Host", { hosts: ['argocd-server.argocd.svc.cluster.local'] }],
    ['localhost', 'localhost as Host', { hosts: ['localhost'] }],
    ['envoy-admin', "Envoy's own port as Host", { hosts: ['127.0.0.1:15000'], target: '/config_dump' }],
    ['none', 'no Host at all', { hosts: [] }],
    ['empty', 'an empty Host', { hosts: [''] }],
    ['two', 'the right Host and a foreign one', { hosts: [authority, 'evil.example'] }],
    ['two-reversed', 'a foreign Host and the right one', { hosts: ['evil.example', authority] }],
    ['trailing-dot', 'the right Host with a trailing dot', { hosts: [`${host}.`] }],
    ['other-port', 'the right Host with another port', { hosts: [`${host}:8080`] }],
    ['upper', 'the right Host in upper case', { hosts: [authority.toUpperCase()] }],
    ['userinfo', 'the right Host after an @', { hosts: [`evil.example@${authority}`] }],
    ['comma', 'two names in one Host', { hosts: [`${authority}, evil.example`] }],
    [
      'absolute-right',
      'a foreign Host, the right one in the target',
      { hosts: ['evil.example'], target: `https://${authority}/api` },
    ],
    ['absolute-foreign', 'the right Host, a foreign one in the target', { target: 'https://evil.example/api' }],
  ];
}

const foreignForged: Request = { hosts: ['evil.example'], headers: [['kubeflow-userid', 'forged@example.com']] };
