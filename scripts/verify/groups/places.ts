import type { Group, SingleCheck } from '../check.ts';
import { loginOrDenied, trueIdentity, unservedOrDex } from '../judge.ts';
import { viewed } from './forged-identity.ts';

/** The core of the suite at each place that the cluster's config puts behind the gateway. */
export const places: Group = {
  name: 'places',
  title: 'Each place behind the gateway',
  checks: (site) =>
    site.places.flatMap(({ name, path, authority }): SingleCheck[] => {
      const own = authority === undefined ? {} : { hosts: [authority] };
      return [
        {
          id: `${name}-page`,
          tries: `to open ${path} without a session`,
          send: { ...own, target: path },
          expect: loginOrDenied,
        },
        {
          id: `${name}-forged`,
          tries: `to open ${path} as somebody else`,
          send: ({ forged }) => ({
            ...own,
            target: path,
            accept: 'application/json',
            headers: [
              ['kubeflow-userid', forged],
              ['x-auth-request-email', forged],
            ],
          }),
          expect: loginOrDenied,
        },
        {
          id: `${name}-path`,
          tries: `to open ${path} by way of /dex/`,
          send: { ...own, target: `/dex/..%2f${path.slice(1)}` },
          expect: unservedOrDex,
        },
        {
          id: `${name}-post`,
          tries: `to send something to ${path} without a session`,
          send: { ...own, method: 'POST', target: path, body: '{}' },
          expect: loginOrDenied,
        },
        {
          id: `${name}-session`,
          tries: `to open ${path} with a session as somebody else`,
          needs: ['first', 'headers'],
          send: (known) => ({
            ...viewed(known, known.first, [
              ['kubeflow-userid', known.forged],
              ['x-forwarded-email', known.forged],
            ]),
            ...own,
            target: path,
          }),
          expect: trueIdentity,
        },
      ];
    }),
};
