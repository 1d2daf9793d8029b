import type { ComponentName } from '../../config/schema/component-facts.ts';
import type { Component } from '../component.ts';
import { dashboard } from './dashboard.ts';
import { defaultProfile } from './default-profile.ts';
import { katib } from './katib.ts';
import { namespace } from './namespace.ts';
import { notebooks } from './notebooks.ts';
import { pipelines } from './pipelines.ts';
import { profiles } from './profiles.ts';
import { serving } from './serving.ts';
import { tensorboards } from './tensorboards.ts';
import { trainer, trainerCrds } from './trainer.ts';
import { volumes } from './volumes.ts';

/** Kubeflow: one component per part. */
export const kubeflow = {
  'kubeflow-namespace': namespace,
  'kubeflow-dashboard': dashboard,
  'kubeflow-profiles': profiles,
  'kubeflow-notebooks': notebooks,
  'kubeflow-volumes': volumes,
  'kubeflow-tensorboards': tensorboards,
  'kubeflow-pipelines': pipelines,
  'kubeflow-katib': katib,
  'kubeflow-trainer-crds': trainerCrds,
  'kubeflow-trainer': trainer,
  'kubeflow-serving': serving,
  'kubeflow-default-profile': defaultProfile,
} satisfies Partial<Record<ComponentName, Component>>;
