import type { Replacement } from './record.ts';

/** What is not the real thing on a sandbox, and why: said in every report. */
export const sandboxReplacements: readonly Replacement[] = [
  {
    what: 'Kubeflow, but for the programs that are named as its own above',
    by: 'repositories with the same paths and names, and one small program that shows what reached it',
    why: 'its images are not available without a registry (--kubeflow-sources builds most of them); our own patches in apps/kubeflow run over it unmodified',
  },
  {
    what: 'The charts of Dex and OAuth2 Proxy',
    by: 'charts that take the same values, refuse any other, and run the real programs',
    why: 'no package registry has them',
  },
  {
    what: "Istio's build of Envoy",
    by: "Envoy as its makers build it, and with it two of Istio's own filters off (overrides/istiod.yaml)",
    why: 'it comes out of a Python package',
  },
  {
    what: "cert-manager's programs",
    by: 'its own controllers, started by our own main, without leader election',
    why: 'their commands are modules that no proxy serves',
  },
  {
    what: 'A network plugin that enforces NetworkPolicies',
    by: "Debian's bridge plugin, and the judge of sigs.k8s.io/kube-network-policies, which the kernel asks about each new connection",
    why: 'its own way to the kernel needs nftables queues, which not every kernel has; a connection that is open stays open when a policy changes',
  },
];
