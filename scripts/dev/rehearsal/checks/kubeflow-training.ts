import { type LivePod, readPods, startPod, tryConnections } from '../connections.ts';
import type { RehearsalSite } from '../site.ts';
import { type Expect, expecting } from './assert.ts';
import type { Check } from './check.ts';
import { profileOf, runsOwn } from './kubeflow-site.ts';
import { lookAtFolders, said, settled } from './tenants-site.ts';

/** Ann's tenant, of kind kubeflow. */
const tenant = 'trainers';
const job = 'two-nodes';

/** Distributed training by Kubeflow's Trainer and JobSet, in the mesh; and jobs with sidecars end. */
export const check: Check = {
  name: 'kubeflow-training',
  title: "Training on two nodes, with Kubeflow's own Trainer",
  quick: false,
  needs: (site) =>
    runsOwn(site, 'trainer-controller-manager')
      ? undefined
      : "the Trainer runs with Kubeflow's own manifests only: --kubeflow-sources DIR",
  run: async (site) => {
    const expect = expecting(site, 'kubeflow-training');
    await site.change('Add a tenant that trains', {
      [`tenants/${tenant}/tenant.yaml`]: `kind: kubeflow\nowner: ${site.users.owner.email}\n`,
      [`tenants/${tenant}/apps/note.yaml`]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\n',
    });
    await lookAtFolders(site);
    try {
      await settled(site, [tenant]);
      await submit(site, expect);
      await train(site, expect);
      await endWithSidecar(site, expect);
    } finally {
      await leave(site);
    }
  },
};

const as = (email: string) => ['-n', tenant, '--as', email];

async function submit(site: RehearsalSite, expect: Expect): Promise<void> {
  const { owner, other } = site.users;
  const send = (email: string) =>
    said(site, [...as(email), 'create', '-o', 'name', '-f', '-'], JSON.stringify(trainJob));
  const tried = `kubectl create trainjob ${job}`;
  expect('someone else trains nothing in a tenant', tried, true, (await send(other.email)).includes('forbidden'));
  await site.until(
    'the owner may train',
    async () =>
      (await said(site, [...as(owner.email), 'auth', 'can-i', 'create', 'trainjobs'])).trim() === 'yes'
        ? true
        : undefined,
    120,
  );
  expect('its owner does', tried, `trainjob.trainer.kubeflow.org/${job}`, (await send(owner.email)).trim());
}

async function train(site: RehearsalSite, expect: Expect): Promise<void> {
  if (site.sandbox !== undefined) {
    const stranger = await startPod(site, site.sandbox, { namespace: await profileOf(site) });
    try {
      const first = await firstNode(site);
      const outcomes = await tryConnections(site.sandbox, [{ from: stranger.pod, to: first.ip, port }]);
      expect('no other namespace reaches a node', `connect to ${first.name}:${port}`, ['no answer'], outcomes);
    } finally {
      await stranger.remove();
    }
  }
  await site.kubectl(['-n', tenant, 'wait', '--for=condition=Complete', `trainjob/${job}`, '--timeout=300s']);
  const words = ['-n', tenant, 'logs', '-l', `jobset.sigs.k8s.io/jobset-name=${job}`, '-c', 'node', '--tail=1'];
  const lines = (await site.kubectl(words)).trim().split('\n').sort();
  expect(
    'both nodes have learned from the data of both',
    `a TrainJob of two nodes, runtime torch-distributed: ${words.slice(2).join(' ')}`,
    ['node 0 of 2: y = 3.00 x + 1.00', 'node 1 of 2: y = 3.00 x + 1.00'],
    lines,
  );
}

/** The node that the other one connects to, when both run: it listens while they train. */
function firstNode(site: RehearsalSite): Promise<LivePod> {
  return site.until(
    'both nodes run',
    async () => {
      const nodes = (await readPods(site)).filter(({ labels }) => labels['jobset.sigs.k8s.io/jobset-name'] === job);
      const first = nodes.find(({ labels }) => labels['batch.kubernetes.io/job-completion-index'] === '0');
      return nodes.length === 2 ? first : undefined;
    },
    300,
  );
}

async function endWithSidecar(site: RehearsalSite, expect: Expect): Promise<void> {
  const { owner } = site.users;
  const made = await said(
    site,
    [...as(owner.email), 'create', '-o', 'name', '-f', '-'],
    JSON.stringify(plainJob(site)),
  );
  expect('the owner starts a job in the mesh', 'kubectl create job ends', 'job.batch/ends', made.trim());
  await site.kubectl(['-n', tenant, 'wait', '--for=condition=Complete', 'job/ends', '--timeout=180s']);
  const words = ['-n', tenant, 'get', 'pod', '-l', 'job-name=ends', '-o'];
  const names = await site.kubectl([...words, 'jsonpath={.items[0].spec.initContainers[*].name}']);
  const phase = await site.kubectl([...words, 'jsonpath={.items[0].status.phase}']);
  expect(
    'it had a sidecar, and ended',
    `kubectl ${words.slice(2).join(' ')} …`,
    [true, 'Succeeded'],
    [names.split(' ').includes('istio-proxy'), phase],
  );
}

/** Where the first node listens: the Trainer's own port. */
const port = 29_500;

// Each node has one half of the data, which alone would give another line; per step they average their gradients over the network.
const program = `
import json, os, socket, time
nodes, rank = int(os.environ["PET_NNODES"]), int(os.environ["PET_NODE_RANK"])
address = os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"])
if rank == 0:
    server = socket.create_server(("0.0.0.0", address[1]))
    peers = [server.accept()[0].makefile("rw") for _ in range(nodes - 1)]
else:
    while True:
        try:
            peers = [socket.create_connection(address).makefile("rw")]
            break
        except OSError:
            time.sleep(1)
def send(peer, value):
    peer.write(json.dumps(value) + "\\n")
    peer.flush()
def average(value):
    if rank > 0:
        send(peers[0], value)
        return json.loads(peers[0].readline())
    values = [value] + [json.loads(peer.readline()) for peer in peers]
    result = [sum(parts) / nodes for parts in zip(*values)]
    for peer in peers:
        send(peer, result)
    return result
noise = 0.5 if rank == 0 else -0.5
data = [(x / 10, 3 * x / 10 + 1 + noise) for x in range(-10, 11)]
weight = bias = 0.0
for step in range(300):
    errors = [(weight * x + bias - y, x) for x, y in data]
    gradient = average([sum(e * x for e, x in errors) / len(data), sum(e for e, _ in errors) / len(data)])
    weight, bias = weight - 0.2 * gradient[0], bias - 0.2 * gradient[1]
    time.sleep(0.1)
print(f"node {rank} of {nodes}: y = {weight:.2f} x + {bias:.2f}", flush=True)
`;

const small = { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '128Mi' } };

const trainJob = {
  apiVersion: 'trainer.kubeflow.org/v1alpha1',
  kind: 'TrainJob',
  metadata: { name: job },
  spec: {
    runtimeRef: { name: 'torch-distributed' },
    trainer: { numNodes: 2, numProcPerNode: 1, command: ['python3', '-c', program], resourcesPerNode: small },
  },
};

function plainJob({ sandbox }: RehearsalSite): object {
  const image = sandbox?.probeImage ?? 'docker.io/library/busybox:1';
  const container = { name: 'ends', image, command: ['sh', '-c', 'sleep 2'], resources: small };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'ends' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
  };
}

async function leave(site: RehearsalSite): Promise<void> {
  await said(site, ['-n', tenant, 'delete', 'trainjobs.trainer.kubeflow.org,jobs', '--all', '--ignore-not-found']);
  await site.change('Remove the tenant that trains', { [`tenants/${tenant}`]: undefined });
  await lookAtFolders(site);
  await site.until(
    'no Application of the tenant is left',
    async () =>
      (await site.applications()).some(({ metadata }) => metadata.name.startsWith(`tenant-${tenant}-`))
        ? undefined
        : true,
    180,
  );
  await site.program(['tenant', 'purge', tenant, '--cluster', site.cluster, '--yes']);
}
