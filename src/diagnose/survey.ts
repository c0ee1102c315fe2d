import type { Finding, NotEvaluated } from './finding.js';
import type { ClusterPicture } from './picture.js';

/** One cluster as a diagnosis saw it. */
export interface SiteSurvey {
  readonly picture: ClusterPicture;
  readonly findings: readonly Finding[];
  readonly notEvaluated: readonly NotEvaluated[];
  /** The ids of the checks that looked at it. */
  readonly looked: readonly string[];
  /** Checks that have nothing to say of such a cluster, and why, by their ids. */
  readonly notFor: ReadonlyMap<string, string>;
}
