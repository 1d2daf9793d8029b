import type { KubernetesObject } from '../components/component.ts';

/** A call made with curl in a pod. */
export interface ProbeCall {
  /** Letters, digits, `.` and `-`. */
  id: string;
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
}

/** Result of a call. */
export interface ProbeAnswer {
  id: string;
  pod: 'in-mesh' | 'outside';
  /** curl's exit code: https://curl.se/libcurl/c/libcurl-errors.html; 0 with a response. */
  exit: number;
  /** HTTP status; 0 without a response. */
  status: number;
  /** The first 300 bytes. */
  body: string;
}

/** Settings of a probe pod. */
export interface ProbePod {
  name: 'in-mesh' | 'outside';
  namespace: string;
  image: string;
  calls: readonly ProbeCall[];
  /** Time limit of the pod. */
  seconds: number;
}

/** @returns a pod that makes the calls, a few at a time, and logs the results; it meets `restricted` */
export function probePod({ name, namespace, image, calls, seconds }: ProbePod): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { 'sidecar.istio.io/inject': String(name === 'in-mesh') },
      annotations: { 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts": true}' },
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: seconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image,
          command: ['/bin/sh', '-c', script(calls)],
          env: [{ name: 'HOME', value: '/tmp' }],
          resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
  };
}

/** Number of parallel calls. */
const atOnce = 6;

function script(calls: readonly ProbeCall[]): string {
  const lines = calls.map(({ id, url, headers }) => {
    const lines = headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
    return `call ${quoted(id)} ${[...lines, quoted(url)].join(' ')}`;
  });
  // A call that a NetworkPolicy drops runs until its timeout.
  const batches = lines.map((line, at) => `${line} &${at % atOnce === atOnce - 1 ? '\nwait' : ''}`);
  return `call() {
  id=$1; shift
  status=$(curl -s -k -o "/tmp/$id" --connect-timeout 4 --max-time 8 -w '%{http_code}' "$@" 2>/dev/null)
  code=$?
  echo "ANSWER $id $code $status $(head -c 300 "/tmp/$id" 2>/dev/null | base64 | tr -d '\\n')"
}
${batches.join('\n')}
wait
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @returns the answers in a pod's log */
export function readAnswers(log: string, pod: ProbeAnswer['pod']): ProbeAnswer[] {
  return log.split('\n').flatMap((line): ProbeAnswer[] => {
    const [mark, id, exit, status, body = ''] = line.split(' ');
    if (mark !== 'ANSWER' || id === undefined) return [];
    return [
      {
        id,
        pod,
        exit: Number(exit),
        status: Number(status),
        body: Buffer.from(body, 'base64').toString('utf8'),
      },
    ];
  });
}
