/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Address of a bridge on this computer, for a build that is tested in a browser. */
  readonly VITE_BRIDGE?: string;
}
