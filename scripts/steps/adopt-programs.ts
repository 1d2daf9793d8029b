import type { Snapshot } from '../cluster/inventory.ts';
import { describeObject } from '../cluster/live.ts';
import { describeOwner, ownerOf } from '../cluster/owner.ts';
import { email } from '../config/schema/common.ts';
import { componentFacts } from '../config/schema/component-facts.ts';
import { below } from '../config/version-floors.ts';
import { count } from '../report/count.ts';
import { at, listAt } from '../tree/rules/parsed-tree.ts';
import { mesh } from './adopt-mesh.ts';
import type { AdoptRow, Surroundings } from './adopt-objects.ts';
import {
  argocdControllers,
  certManagers,
  dexConfig,
  isForeign,
  listed,
  runningParts,
  usableIssuers,
  versionOf,
} from './adopt-settings.ts';

/** @returns the lines about programs that are there, each by what it is. Pure */
export function judgePrograms(around: Surroundings): AdoptRow[] {
  return [argocd, certManager, issuers, mesh, loadBalancer, kubeflow, login].flatMap((judge) => judge(around));
}

function argocd({ all, snapshot, cluster }: Surroundings): AdoptRow[] {
  const controllers = argocdControllers(snapshot);
  const served = listed(snapshot, 'CustomResourceDefinition.apiextensions.k8s.io').some(
    ({ metadata }) => metadata.name === 'applications.argoproj.io',
  );
  const lost =
    'the waves would not wait for each other: a route could come before its login check, and a broken commit would reach every component';
  if (argocdControllers(all).length === 0)
    return served && listed(snapshot, 'Application.argoproj.io').length > 0
      ? [
          {
            fate: 'in the way',
            what: 'an Argo CD that runs outside of this cluster',
            reason: `there are its CRDs and Applications, and no controller: a cloud's managed Argo CD, say. No one can write its argocd-cm, and without our health check of Applications ${lost}`,
            todo: "Let an Argo CD of the platform's own do the waves' work: switch the managed one off for this cluster (on EKS: aws eks delete-capability), then run the bootstrap with argocd.install: true.",
          },
        ]
      : [];
  return controllers.filter(isForeign).map((controller): AdoptRow => {
    const { namespace = '' } = controller.metadata;
    const what = `Argo CD ${versionOf(controller) ?? ''} in namespace ${namespace}`.replace('  ', ' ');
    const operator = listed(snapshot, 'ArgoCD.argoproj.io').find(({ metadata }) => metadata.namespace === namespace);
    if (operator !== undefined)
      return {
        fate: 'stays yours',
        what,
        reason: `${describeObject(operator)} writes its argocd-cm; without our keys there, ${lost}`,
        todo: `Put the keys that this list names into spec.extraConfig of ${describeObject(operator)}, not into argocd-cm.`,
      };
    if (cluster.argocd.install)
      return {
        fate: 'becomes ours',
        what,
        reason: `argocd.install is true; it is from ${describeOwner(ownerOf(controller))}, and its Applications stay`,
        todo: `kubectl -n ${namespace} label deployment,statefulset -l app.kubernetes.io/part-of=argocd breakwater.dev/cluster=${cluster.name}`,
      };
    const others = listed(snapshot, 'Application.argoproj.io').filter(
      ({ metadata }) => metadata.namespace === namespace,
    );
    return {
      fate: 'stays yours',
      what,
      reason: `argocd.install: false; it also runs ${count(others.length, 'Application')}, which nothing touches. The platform adds a project and a root of its own`,
    };
  });
}

function certManager({ snapshot, cluster }: Surroundings): AdoptRow[] {
  const yours = cluster.components['cert-manager']?.enabled === false;
  return certManagers(snapshot)
    .filter(isForeign)
    .flatMap((controller): AdoptRow[] => {
      const { namespace = '' } = controller.metadata;
      const version = versionOf(controller);
      const what = `cert-manager ${version ?? ''} in namespace ${namespace}`.replace('  ', ' ');
      const [floor] = componentFacts['cert-manager'].floors ?? [];
      if (namespace !== 'cert-manager')
        return [
          {
            fate: 'in the way',
            what,
            reason: "the platform's issuer keeps its Secrets in namespace cert-manager, where this one does not look",
            todo: 'Start it with --cluster-resource-namespace=cert-manager, or move it to that namespace.',
          },
        ];
      if (floor !== undefined && below(version, floor.least) === true)
        return [
          {
            fate: 'in the way',
            what,
            reason: `it is older than ${floor.least}, with which the platform was tried`,
            todo: 'Upgrade it first, one minor version after the other.',
          },
        ];
      if (!yours) return [];
      return [
        {
          fate: 'stays yours',
          what,
          reason: `components.cert-manager.enabled is false; it is from ${describeOwner(ownerOf(controller))}. Remove the key and run this again to see what it takes to hand it over`,
        },
      ];
    });
}

function issuers({ snapshot, cluster }: Surroundings): AdoptRow[] {
  if (cluster.components['cert-manager']?.enabled !== false || cluster.tls.existingIssuer !== undefined) return [];
  const found = usableIssuers(snapshot);
  if (found.length === 0) return [];
  return [
    {
      fate: 'stays yours',
      what: found.map(({ name }) => `ClusterIssuer ${name}`).join(', '),
      reason: 'the platform makes a CA of its own unless tls.existingIssuer names one of them, which needs a host',
      todo: `To use one: tls: {existingIssuer: {name: ${found[0]?.name}, trust: ${found[0]?.trust}}} and a host.`,
    },
  ];
}

function loadBalancer({ snapshot, cluster }: Surroundings): AdoptRow[] {
  if (cluster.loadBalancer.metallb !== undefined || cluster.loadBalancer.nodePort !== undefined) return [];
  const pools = listed(snapshot, 'IPAddressPool.metallb.io').filter(isForeign);
  if (pools.length > 0)
    return [
      {
        fate: 'stays yours',
        what: 'MetalLB',
        reason: `it gives the gateway an address of ${pools.map(({ metadata }) => metadata.name).join(', ')}; loadBalancer.metallb stays out`,
      },
    ];
  const served = listed(snapshot, 'Service').filter(
    (service) => at(service, 'spec', 'type') === 'LoadBalancer' && isForeign(service),
  );
  const addressed = served.find((service) => listAt(service, 'status', 'loadBalancer', 'ingress').length > 0);
  if (addressed === undefined) return [];
  return [
    {
      fate: 'stays yours',
      what: 'the load balancer',
      reason: `it gave ${describeObject(addressed)} an address, and gives the gateway another one`,
      todo: 'Annotations that your load balancer needs: loadBalancer.annotations. Point the DNS name to the new address when the platform is ready.',
    },
  ];
}

function kubeflow({ snapshot }: Surroundings): AdoptRow[] {
  const parts = runningParts(snapshot);
  const profiles = listed(snapshot, 'Profile.kubeflow.org').filter(isForeign);
  const notebooks = listed(snapshot, 'Notebook.kubeflow.org');
  const rows = profiles.flatMap((profile): AdoptRow[] => {
    const owner = String(at(profile, 'spec', 'owner', 'name') ?? '');
    const { name } = profile.metadata;
    const running = notebooks.filter(({ metadata }) => metadata.namespace === name).length;
    const address = owner.toLowerCase();
    if (owner !== address || !email.safeParse(address).success) {
      // People make Profiles themselves, with any text as owner: only a plain address belongs in a command.
      const isPlain = /^[\w.+-]+@[\w.-]+$/.test(address);
      return [
        {
          fate: 'in the way',
          what: `Profile ${name}`,
          reason: `its owner is ${JSON.stringify(owner)}, and the gateway passes addresses in lower case: its owner would see nothing`,
          todo: isPlain
            ? `kubectl patch profile ${name} --type merge -p '{"spec":{"owner":{"name":"${address}"}}}'; kubectl annotate namespace ${name} owner=${address} --overwrite; kubectl -n ${name} delete rolebinding namespaceAdmin && kubectl -n ${name} delete authorizationpolicy ns-owner-access-istio (the profile controller makes both again)`
            : `Name a person's address as spec.owner: kubectl edit profile ${name}`,
        },
      ];
    }
    return [
      {
        fate: 'stays yours',
        what: `Profile ${name}`,
        reason: `owner ${owner}, ${count(running, 'notebook')}: pods and volumes are not touched, and the same address logs in. To have it in Git, make it a tenant (docs/tenants.md)`,
      },
    ];
  });
  if (parts.length === 0) return rows;
  return [...rows, ...moved(snapshot), ...deployKF(snapshot)];
}

/** Data of programs that the release replaces. */
function moved(snapshot: Snapshot): AdoptRow[] {
  const has = (kind: string, name: string) => listed(snapshot, kind).some(({ metadata }) => metadata.name === name);
  const rows: AdoptRow[] = [];
  if (has('PersistentVolumeClaim', 'minio-pvc') && !has('Deployment.apps', 'seaweedfs'))
    rows.push({
      fate: 'in the way',
      what: 'PersistentVolumeClaim kubeflow/minio-pvc',
      reason:
        'artifacts and pipelines are in MinIO, and the platform keeps them in SeaweedFS, which starts empty. The volume stays',
      todo: 'Copy the bucket once SeaweedFS is ready: mc mirror minio/mlpipeline seaweedfs/mlpipeline (port-forward both, port 9000 and 8333).',
    });
  if (has('Deployment.apps', 'training-operator'))
    rows.push({
      fate: 'stays yours',
      what: 'Deployment kubeflow/training-operator',
      reason:
        'the trainer replaces it: the platform does not include PyTorchJob and the like. Its running jobs continue',
      todo: 'Remove it when no job needs it: kubectl -n kubeflow delete deployment training-operator',
    });
  return rows;
}

function deployKF(snapshot: Snapshot): AdoptRow[] {
  const all = listed(snapshot, 'Application.argoproj.io').filter(
    ({ metadata: { name, labels = {} } }) =>
      /^deploykf-(app-of-apps|namespaces)$/.test(name) ||
      /(^|-)deploykf$/.test(labels['app.kubernetes.io/part-of'] ?? ''),
  );
  const [first] = all;
  if (first === undefined) return [];
  const { namespace } = first.metadata;
  const patch = `xargs -n1 kubectl -n ${namespace} patch --type merge -p '{"metadata":{"finalizers":null}}'`;
  const rows: AdoptRow[] = [
    {
      fate: 'in the way',
      what: `deployKF (${count(all.length, 'Application')} in namespace ${namespace})`,
      reason: 'its Applications would change back what becomes ours, and prune what it does not know',
      todo: `Take them away without their objects, the app of apps first: kubectl -n ${namespace} get application deploykf-app-of-apps -o name | ${patch}; kubectl -n ${namespace} delete application deploykf-app-of-apps; the same for: kubectl -n ${namespace} get application -l app.kubernetes.io/part-of=deploykf -o name`,
    },
  ];
  for (const name of ['deploykf-mysql', 'deploykf-minio'])
    if (listed(snapshot, 'Namespace').some(({ metadata }) => metadata.name === name))
      rows.push({
        fate: 'in the way',
        what: `data in namespace ${name}`,
        reason:
          "the platform's pipelines have a database and an object store of their own, in namespace kubeflow, which start empty",
        todo:
          name === 'deploykf-mysql'
            ? `Once the platform is ready: mysqldump of ${name}, into kubeflow/mysql (databases mlpipeline, metadb, cachedb, katib). The old namespace stays until you delete it.`
            : 'Once the platform is ready: mc mirror of its bucket to kubeflow/seaweedfs. The old namespace stays until you delete it.',
      });
  return rows;
}

/** People log in once more, and only by what cluster.yaml has. */
function login({ snapshot, cluster }: Surroundings): AdoptRow[] {
  const known = new Set<string>(cluster.auth.connectors.map(({ id }) => id));
  return listAt(dexConfig(snapshot), 'connectors')
    .filter((connector) => !known.has(String(at(connector, 'id'))))
    .map((connector) => ({
      fate: 'in the way',
      what: `Dex's connector ${String(at(connector, 'id'))} (${String(at(connector, 'type'))})`,
      reason: "its people can't log in: auth.connectors in cluster.yaml does not have it",
      todo: 'Write it there with the same id, and its secret by reference (docs/how-to/logins.md). Its provider needs the new callback address: https://<host>/dex/callback.',
    }));
}
