/** Who logs in. */
export interface Credentials {
  email: string;
  password: string;
  /** Id of the Dex connector whose form takes them; `local` are Dex's own users. */
  connector: string;
  /** As cluster.yaml names them. */
  groups?: readonly string[];
}
