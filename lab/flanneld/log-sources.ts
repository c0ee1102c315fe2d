/** Where in flannel's source each line is logged, by version, as the captures show them. */
export interface LogSources {
  readonly determining: string;
  readonly searching: string;
  readonly using: string;
  readonly external: string;
  readonly defaulting: string;
  readonly noMatch: string;
  readonly fatalInterface: string;
  readonly created: string;
  readonly signals: string;
  readonly config: string;
  readonly noConfig: string;
  readonly vxlan: string;
  readonly recreate: string;
  readonly reusing: string;
  readonly 'taking-over': string;
  readonly previous: string;
  readonly incompatible: string;
  readonly picking: string;
  readonly allocated: string;
  readonly registerFailed: string;
  readonly wrote: string;
  readonly running: string;
  readonly watching: string;
  readonly waiting: string;
  readonly revoked: string;
  readonly goroutines: string;
  readonly stopping: string;
  readonly exiting: string;
}

export const SOURCES_0_11: LogSources = {
  determining: 'main.go:514',
  searching: 'main.go:460',
  using: 'main.go:527',
  external: 'main.go:540',
  defaulting: 'main.go:544',
  noMatch: 'main.go:212',
  fatalInterface: 'main.go:232',
  created: 'main.go:244',
  signals: 'main.go:247',
  config: 'main.go:386',
  noConfig: 'main.go:382',
  vxlan: 'vxlan.go:120',
  recreate: 'device.go:84',
  reusing: 'local_manager.go:147',
  'taking-over': 'local_manager.go:177',
  previous: 'local_manager.go:193',
  incompatible: 'local_manager.go:196',
  picking: 'local_manager.go:234',
  allocated: 'local_manager.go:220',
  registerFailed: 'main.go:289',
  wrote: 'main.go:317',
  running: 'main.go:321',
  watching: 'vxlan_network.go:60',
  waiting: 'main.go:429',
  revoked: 'main.go:432',
  goroutines: 'main.go:339',
  stopping: 'main.go:366',
  exiting: 'main.go:342',
};

export const SOURCES_0_20: LogSources = {
  determining: 'match.go:206',
  searching: 'match.go:94',
  using: 'match.go:259',
  external: 'match.go:276',
  defaulting: 'match.go:281',
  noMatch: 'main.go:271',
  fatalInterface: 'main.go:286',
  created: 'main.go:231',
  signals: 'main.go:234',
  config: 'main.go:467',
  noConfig: 'main.go:460',
  vxlan: 'vxlan.go:138',
  recreate: 'device.go:95',
  reusing: 'local_manager.go:148',
  'taking-over': 'local_manager.go:177',
  previous: 'local_manager.go:179',
  incompatible: 'local_manager.go:182',
  picking: 'local_manager.go:216',
  allocated: 'local_manager.go:199',
  registerFailed: 'main.go:327',
  wrote: 'main.go:379',
  running: 'main.go:383',
  watching: 'vxlan_network.go:61',
  waiting: 'local_manager.go:403',
  revoked: 'local_manager.go:407',
  goroutines: 'main.go:416',
  stopping: 'main.go:447',
  exiting: 'main.go:420',
};
