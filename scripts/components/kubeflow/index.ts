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
import { trainer } from './trainer.ts';
import { volumes } from './volumes.ts';

/** Kubeflow: one component per part, in the order in which people think of them. */
export const kubeflow: readonly Component[] = [
  namespace,
  profiles,
  dashboard,
  notebooks,
  volumes,
  tensorboards,
  pipelines,
  katib,
  trainer,
  serving,
  defaultProfile,
];
