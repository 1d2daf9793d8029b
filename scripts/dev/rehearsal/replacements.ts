import type { Replacement } from './record.ts';

/** Simulated parts of a sandbox, and why; listed in every report. */
export const sandboxReplacements: readonly Replacement[] = [
  {
    what: 'Kubeflow, except for the programs listed above as its own',
    by: 'repositories with the same paths and names, and one small program that echoes requests',
    why: 'its images are not available without a registry (--kubeflow-sources builds most of them); our own patches in apps/kubeflow run over it unmodified',
  },
  {
    what: 'The charts of Dex and OAuth2 Proxy',
    by: 'charts that accept the same values, reject all others, and run the real programs',
    why: 'they are in no package registry',
  },
  {
    what: "Istio's build of Envoy",
    by: "Envoy's own build, with two of Istio's own filters disabled (overrides/istiod.yaml)",
    why: 'Envoy comes from a Python package',
  },
  {
    what: "cert-manager's programs",
    by: 'its own controllers, started by our own main, without leader election',
    why: 'their commands are modules that no Go proxy serves',
  },
  {
    what: 'A network plugin that enforces NetworkPolicies',
    by: "Debian's bridge plugin, and the policy engine of sigs.k8s.io/kube-network-policies, which the kernel asks about each new connection",
    why: 'its own kernel interface needs nftables queues, which not every kernel has; open connections stay open when a policy changes',
  },
];
