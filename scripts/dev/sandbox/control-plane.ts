import { join } from 'node:path';
import type { Authority, KeyPair } from './pki.ts';

/** A command line: the program, then its arguments. */
export type Command = readonly [string, ...string[]];

/** What etcd and the API server have in common: certificates, and addresses that both know. */
export interface ServerSpec {
  authority: Authority;
  /** Serves both, and is the client certificate between them. */
  serving: KeyPair;
  /** Where etcd answers, as URLs. */
  etcdUrl: string;
  etcdPeerUrl: string;
}

/** How to run etcd: one member, its data below the folder. */
export function etcdCommand(program: string, dataFolder: string, spec: ServerSpec): Command {
  const { authority, serving } = spec;
  return [
    program,
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${spec.etcdUrl}`,
    `--advertise-client-urls=${spec.etcdUrl}`,
    `--listen-peer-urls=${spec.etcdPeerUrl}`,
    `--initial-advertise-peer-urls=${spec.etcdPeerUrl}`,
    `--initial-cluster=default=${spec.etcdPeerUrl}`,
    `--cert-file=${serving.certificate}`,
    `--key-file=${serving.key}`,
    '--client-cert-auth',
    `--trusted-ca-file=${authority.ca.certificate}`,
    `--peer-cert-file=${serving.certificate}`,
    `--peer-key-file=${serving.key}`,
    '--peer-client-cert-auth',
    `--peer-trusted-ca-file=${authority.ca.certificate}`,
    // Its data need not outlive a crash of the machine.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** How to run kube-apiserver: `extra` are the flags in which a lone server and a whole cluster differ. */
export function apiServerCommand(
  program: string,
  spec: ServerSpec & { tokens: KeyPair; serviceNetwork: string },
  extra: readonly string[],
): Command {
  const { authority, serving, tokens } = spec;
  return [
    program,
    `--etcd-servers=${spec.etcdUrl}`,
    `--etcd-cafile=${authority.ca.certificate}`,
    `--etcd-certfile=${serving.certificate}`,
    `--etcd-keyfile=${serving.key}`,
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${authority.ca.certificate}`,
    `--service-account-key-file=${tokens.certificate}`,
    `--service-account-signing-key-file=${tokens.key}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${spec.serviceNetwork}`,
    '--allow-privileged=true',
    '--profiling=false',
    ...extra,
  ];
}

/** How to run kube-controller-manager. */
export function controllerManagerCommand(
  program: string,
  spec: { kubeconfig: string; authority: Authority; tokens: KeyPair; serviceNetwork: string },
): Command {
  return [
    program,
    `--kubeconfig=${spec.kubeconfig}`,
    `--authentication-kubeconfig=${spec.kubeconfig}`,
    `--authorization-kubeconfig=${spec.kubeconfig}`,
    `--root-ca-file=${spec.authority.ca.certificate}`,
    `--cluster-signing-cert-file=${spec.authority.ca.certificate}`,
    `--cluster-signing-key-file=${spec.authority.ca.key}`,
    `--service-account-private-key-file=${spec.tokens.key}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    `--service-cluster-ip-range=${spec.serviceNetwork}`,
    // The node's network plugin gives pods their addresses.
    '--allocate-node-cidrs=false',
    `--cert-dir=${join(spec.authority.folder, 'controller-manager')}`,
  ];
}

/** How to run kube-scheduler. */
export function schedulerCommand(program: string, kubeconfig: string, certificates: string): Command {
  return [
    program,
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    `--cert-dir=${certificates}`,
  ];
}
