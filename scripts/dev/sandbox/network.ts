import { createHash } from 'node:crypto';
import { $ } from 'zx/core';
import { type Box, inside } from './box.ts';
import { SandboxError } from './errors.ts';
import { plainEnvironment } from './needs.ts';

/** A sandbox's addresses. The network between this machine and the node is the only one that is seen from outside. */
export interface Network {
  /** This machine's end of the link. */
  host: string;
  /** The node's address: API server, Git and charts are reached there, from this machine and from pods. */
  node: string;
  /** What load balancers may hand out; this machine has a route to it. */
  loadBalancers: { cidr: string; range: string };
  /** The names of the link's two ends, this machine's first. */
  link: readonly [string, string];
}

/** Inside the box only, so the same in every sandbox. */
export const podNetwork = '10.244.0.0/16';
export const serviceNetwork = '10.96.0.0/16';
export const dnsAddress = '10.96.0.10';
export const apiServiceAddress = '10.96.0.1';

function networkOf(number: number, folder: string): Network {
  const prefix = `10.200.${number}`;
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return {
    host: `${prefix}.1`,
    node: `${prefix}.2`,
    loadBalancers: { cidr: `${prefix}.128/25`, range: `${prefix}.129-${prefix}.250` },
    link: [`bw${id}h`, `bw${id}n`],
  };
}

/**
 * Links the box with this machine, on a network that this machine does not use yet.
 * @throws SandboxError when none is free, or a command fails.
 */
export async function openNetwork(box: Box, folder: string): Promise<Network> {
  const used = (await run(['ip', '-4', '-o', 'addr'])) + (await run(['ip', '-4', 'route']));
  // Each folder starts its search elsewhere, so that two that start at the same moment do not meet.
  const first = Number.parseInt(createHash('sha256').update(folder).digest('hex').slice(0, 4), 16) % 200;
  for (let step = 0; step < 200; step++) {
    const network = networkOf((first + step) % 200, folder);
    if (used.includes(`${network.host.slice(0, -1)}`)) continue;
    await link(box, network);
    return network;
  }
  throw new SandboxError('no network 10.200.0.0/24 … 10.200.199.0/24 is free on this machine: take a sandbox down');
}

async function link(box: Box, { host, node, loadBalancers, link: [outer, inner] }: Network): Promise<void> {
  await run(['ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner]);
  await run(['ip', 'link', 'set', inner, 'netns', String(box.pid)]);
  await run(['ip', 'addr', 'add', `${host}/24`, 'dev', outer]);
  await run(['ip', 'link', 'set', outer, 'up']);
  await run(['ip', 'route', 'add', loadBalancers.cidr, 'via', node, 'dev', outer]);
  const commands = [
    ['ip', 'link', 'set', inner, 'name', 'node0'],
    ['ip', 'addr', 'add', `${node}/24`, 'dev', 'node0'],
    ['ip', 'link', 'set', 'node0', 'up'],
    // This machine does not forward: the cluster reaches nothing but what is served to it.
    ['ip', 'route', 'add', 'default', 'via', host],
    ['sysctl', '-qw', 'net.ipv4.ip_forward=1'],
  ];
  for (const command of commands) {
    const { ok, output } = await inside(box, command);
    if (!ok) throw new SandboxError(`"${command.join(' ')}" failed in the sandbox: ${output}`);
  }
  // Absent in kernels that have no bridge filter: then bridged traffic needs no such switch.
  await inside(box, ['sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1']);
}

/**
 * Takes away what a killed run may have left of the link; it ends with the box otherwise.
 * @returns the name of this machine's end, which also names the sandbox's other parts.
 */
export async function closeNetwork(folder: string): Promise<string> {
  const [outer] = networkOf(0, folder).link;
  await $({ quiet: true, nothrow: true, env: plainEnvironment() })`ip link delete ${outer}`;
  return outer;
}

async function run(command: readonly string[]): Promise<string> {
  const result = await $({ quiet: true, nothrow: true, env: plainEnvironment() })`${command}`;
  if (result.exitCode !== 0) throw new SandboxError(`"${command.join(' ')}" failed: ${result.stderr.trim()}`);
  return result.stdout;
}
