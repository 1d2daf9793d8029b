/** One entry of the dashboard's menu: https://www.kubeflow.org/docs/components/central-dash/customize/ */
export interface MenuLink {
  type: 'item';
  link: string;
  text: string;
  icon?: string;
  /** Set for external links, which never open inside the dashboard. */
  iframe?: false;
}

/** A menu section that folds out. */
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

/** Links that a part adds to the dashboard. They are hidden where the part does not run. */
export interface DashboardLinks {
  menuLinks?: readonly (MenuLink | MenuSection)[];
  quickLinks?: readonly PageLink[];
  documentationItems?: readonly PageLink[];
}
