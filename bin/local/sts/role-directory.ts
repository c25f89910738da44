import type { TemplateRole } from '../resources/role';

/** The roles of the app, and which of them were assumed in this run. */
export class RoleDirectory {
  private readonly used = new Set<TemplateRole>();

  constructor(private readonly roles: readonly TemplateRole[]) {}

  public find(arn: string): TemplateRole | undefined {
    return this.roles.find((role) => role.arn === arn);
  }

  public noteUse(role: TemplateRole): void {
    this.used.add(role);
  }

  public get assumed(): readonly TemplateRole[] {
    return [...this.used];
  }
}
