import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AlarmProperties,
  type DashboardBody,
  graphQueries,
  MetricData,
  ResolvedTemplate,
  samplesOfEmf,
  type TemplateJson,
} from '../../lib/testing';

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
}

/**
 * The dashboards and alarms of a cloud assembly.
 *
 * @throws PreviewError when there is no assembly, or no dashboard in it
 */
export function readPreviewedApp(assembly: string): PreviewedApp {
  if (!existsSync(join(assembly, 'manifest.json'))) {
    throw new PreviewError(`there is no cloud assembly in ${assembly}; run \`npm start\` or \`npm run synth\` first`);
  }
  const templates = readdirSync(assembly)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => readTemplate(join(assembly, name)));
  const dashboards = templates.flatMap((template) =>
    template
      .resourcesOfType('AWS::CloudWatch::Dashboard')
      .map(({ properties }) => JSON.parse(String(properties.DashboardBody)) as DashboardBody),
  );
  if (dashboards.length === 0) {
    throw new PreviewError(`no stack in ${assembly} has a dashboard; give one an AgentDashboard and synthesize again`);
  }
  return { dashboards, alarms: templates.flatMap(alarmsOf) };
}

/** Values that only a deployment makes are stood in for: no graph with data on this machine asks for them. */
function readTemplate(path: string): ResolvedTemplate {
  return new ResolvedTemplate(JSON.parse(readFileSync(path, 'utf8')) as TemplateJson, {
    standIn: ({ logicalId }, attribute) => {
      const name = attribute === undefined ? logicalId : `${logicalId}.${attribute}`;
      // Names are cut out of ARNs.
      return attribute?.endsWith('Arn') ? `arn:aws:local:us-east-1:000000000000:${name}/${logicalId}` : name;
    },
  });
}

function alarmsOf(template: ResolvedTemplate): PreviewedAlarm[] {
  return template.resourcesOfType('AWS::CloudWatch::Alarm').map(({ logicalId, properties }) => ({
    name: String(properties.AlarmName ?? logicalId.replace(/[0-9A-F]{8}$/, '')),
    description: String(properties.AlarmDescription ?? ''),
    properties: properties as unknown as AlarmProperties,
  }));
}

/**
 * The metrics in the logs of agents.
 *
 * @param path a file, or a folder whose `.log` files are read
 * @throws PreviewError when no line has a metric that the app's dashboards ask for
 */
export function readLogs(path: string, app: PreviewedApp): MetricData {
  if (!existsSync(path)) {
    throw new PreviewError(`there are no logs at ${path}; run \`npm start\`, talk to the agent, and try again`);
  }
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(path, name))
    : [path];
  const data = new MetricData(samplesOfEmf(files.flatMap((file) => readFileSync(file, 'utf8').split('\n'))));
  const written = namesIn(data);
  const asked = askedNames(app);
  if (![...asked].some((name) => written.has(name))) {
    throw new PreviewError(
      `the dashboards ask for metrics of ${[...asked].join(', ') || 'no agent'}, and the logs at ${path} have those of ${[...written].join(', ') || 'none'}; talk to the agent of this app, and try again`,
    );
  }
  return data;
}

function namesIn(data: MetricData): Set<string> {
  return new Set(data.identities.flatMap(({ dimensions }) => dimensions.Agent ?? []));
}

function askedNames({ dashboards }: PreviewedApp): Set<string> {
  const queries = dashboards.flatMap(({ widgets }) => widgets.flatMap(({ properties }) => graphQueries(properties)));
  return new Set(queries.flatMap((query) => ('metric' in query ? (query.metric.dimensions.Agent ?? []) : [])));
}
