/** One entry of the dashboard's menu: https://www.kubeflow.org/docs/components/central-dash/customize/ */
export interface MenuLink {
  type: 'item';
  link: string;
  text: string;
  icon?: string;
  /** Of external links: they never open inside the dashboard. */
  iframe?: false;
}

/** Entries of the menu that fold out. */
interface MenuSection {
  type: 'section';
  text: string;
  icon: string;
  items: readonly MenuLink[];
}

/** A link on the dashboard's first page. */
interface PageLink {
  text: string;
  desc: string;
  link: string;
}

/** What a part adds to the dashboard; nothing of it is shown where the part does not run. */
export interface DashboardLinks {
  menuLinks?: readonly (MenuLink | MenuSection)[];
  quickLinks?: readonly PageLink[];
  documentationItems?: readonly PageLink[];
}
