import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AlarmProperties, type DashboardBody, ResolvedTemplate } from '../../lib/testing';
import { readAssembly } from '../local/assembly';

/** A source that is not there, or not what it should be. */
export class PreviewError extends Error {}

/** An alarm of the app. */
export interface PreviewedAlarm {
  readonly name: string;
  readonly description: string;
  readonly properties: AlarmProperties;
}

/** What of an app is drawn. */
export interface PreviewedApp {
  readonly dashboards: readonly DashboardBody[];
  readonly alarms: readonly PreviewedAlarm[];
  /** When the app was synthesized, in milliseconds of Unix time. A local run begins with it. */
  readonly synthesizedAt: number;
}

/**
 * The dashboards and alarms of a cloud assembly, those of its stages included.
 *
 * @throws PreviewError when there is no assembly, or no dashboard in it
 */
export function readPreviewedApp(assembly: string): PreviewedApp {
  const manifest = join(assembly, 'manifest.json');
  if (!existsSync(manifest)) {
    throw new PreviewError(`there is no cloud assembly in ${assembly}; run \`npm start\` or \`npm run synth\` first`);
  }
  const templates = readTemplates(assembly);
  const dashboards = templates.flatMap((template) =>
    template
      .resourcesOfType('AWS::CloudWatch::Dashboard')
      .map(({ properties }) => JSON.parse(String(properties.DashboardBody)) as DashboardBody),
  );
  if (dashboards.length === 0) {
    throw new PreviewError(`no stack in ${assembly} has a dashboard; give one an AgentDashboard and synthesize again`);
  }
  return { dashboards, alarms: templates.flatMap(alarmsOf), synthesizedAt: statSync(manifest).mtimeMs };
}

/**
 * The stacks, each able to import what the others export. Values that only a deployment makes are stood in for: no graph with
 * data on this machine asks for them.
 */
function readTemplates(assembly: string): ResolvedTemplate[] {
  const templates: ResolvedTemplate[] = readAssembly(assembly).stacks.map(
    ({ name, account, region, template }) =>
      new ResolvedTemplate(template, {
        stackName: name,
        ...(account === undefined ? {} : { account }),
        ...(region === undefined ? {} : { region }),
        imports: (exported) => templates.map((other) => other.exported(exported)).find((value) => value !== undefined),
        standIn: ({ logicalId }, attribute) => {
          const value = attribute === undefined ? logicalId : `${logicalId}.${attribute}`;
          // Names are cut out of ARNs.
          return attribute?.endsWith('Arn') ? `arn:aws:local:us-east-1:000000000000:${value}/${logicalId}` : value;
        },
      }),
  );
  return templates;
}

function alarmsOf(template: ResolvedTemplate): PreviewedAlarm[] {
  return template.resourcesOfType('AWS::CloudWatch::Alarm').map(({ logicalId, properties }) => ({
    name: String(properties.AlarmName ?? logicalId.replace(/[0-9A-F]{8}$/, '')),
    description: String(properties.AlarmDescription ?? ''),
    properties: properties as unknown as AlarmProperties,
  }));
}
