using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The freezing phases of a job on its steps: a <see cref="GroupTimeline"/> for every group of the model. A function of the job and the number of steps, so
/// every node and every resumed run has the same.
/// </summary>
public sealed class FreezePlan
{
    // A group that never moves needs no optimizer; its timeline never asks for the rate.
    private static readonly OptimizerSpec s_none = new SgdSpec { LearningRate = 0 };

    private static readonly string[] s_headings = ["steps", "epochs", "tuned", "frozen", "rows", "parameters", "warm-up"];

    private readonly Dictionary<string, GroupTimeline> _timelines;

    private FreezePlan(int totalSteps, Dictionary<string, GroupTimeline> timelines) => (TotalSteps, _timelines) = (totalSteps, timelines);

    /// <summary>Steps of the whole run.</summary>
    public int TotalSteps { get; }

    /// <summary>The model's groups.</summary>
    public IReadOnlyCollection<string> Groups => _timelines.Keys;

    /// <summary>Puts the phases of <paramref name="spec"/>, a valid job, on its steps.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <exception cref="InvalidInputException">A phase ends after the run; carries every such phase.</exception>
    public static FreezePlan Resolve(JobSpec spec, int stepsPerEpoch, int totalSteps)
    {
        var timelines = new Dictionary<string, GroupTimeline>(StringComparer.Ordinal);
        var errors = new List<InputError>();
        foreach (string group in spec.Model.Groups)
        {
            FreezeSpec? phase = spec.Freeze.FirstOrDefault(phase => phase.Group == group);
            long first = FirstTunedStep(spec, group, phase, stepsPerEpoch);
            if (first > totalSteps && first != GroupTimeline.Never)
            {
                string setting = phase!.UntilEpoch is null ? "untilStep" : "untilEpoch";
                errors.Add(new InputError(
                    string.Create(CultureInfo.InvariantCulture, $"freeze.{spec.Freeze.ToList().IndexOf(phase)}.{setting}"),
                    string.Create(CultureInfo.InvariantCulture, $"is {phase.UntilEpoch ?? phase.UntilStep}: group `{group}` would thaw at step {first}, but the run ends with step {totalSteps}."),
                    "Leave it out to freeze the group for the whole run."));
                continue;
            }
            OptimizerSpec optimizer = spec.OptimizerOf(group) ?? (first == GroupTimeline.Never ? s_none
                : throw new ArgumentException($"Group {group} has no optimizer: the job is not valid.", nameof(spec)));
            timelines.Add(group, new GroupTimeline(group, optimizer, totalSteps, (int)first, phase?.WarmupSteps ?? 0));
        }
        return errors.Count == 0 ? new FreezePlan(totalSteps, timelines) : throw new InvalidInputException(errors);
    }

    /// <summary>What <paramref name="group"/> does at each step.</summary>
    /// <exception cref="ArgumentException">The model has no such group.</exception>
    public GroupTimeline Of(string group) =>
        _timelines.GetValueOrDefault(group) ?? throw new ArgumentException($"The model has no group {group}.", nameof(group));

    /// <summary>The plan as a text table, for printing before training: a line of headings, then a line for each phase in order.</summary>
    /// <param name="tables">
    /// The model's tables. A phase's rows and parameters are those it may change: padding rows and always-frozen tables are not counted.
    /// </param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <returns>Lines with columns steps, epochs (both from 1, so that <c>untilEpoch</c> is the last frozen one), tuned, frozen, rows, parameters, warm-up (steps with a rising rate).</returns>
    public IReadOnlyList<string> Describe(IReadOnlyList<TableSpec> tables, int stepsPerEpoch)
    {
        int[] starts = [.. _timelines.Values.Select(timeline => timeline.FirstTunedStep).Where(step => step <= TotalSteps).Append(1).Distinct().Order()];
        var lines = new List<string[]> { s_headings };
        for (int i = 0; i < starts.Length; i++)
        {
            int from = starts[i];
            int to = i + 1 < starts.Length ? starts[i + 1] - 1 : TotalSteps;
            TableSpec[] tuned = [.. tables.Where(table => !table.AlwaysFrozen && !Of(table.Group).IsFrozen(from))];
            // Distinct: the static embedding is a frozen group and a frozen table of that name.
            IEnumerable<string> frozen = _timelines.Keys.Where(group => _timelines[group].IsFrozen(from))
                .Concat(tables.Where(table => table.AlwaysFrozen).Select(table => table.Name)).Distinct();
            IEnumerable<string> warm = _timelines.Values
                .Where(timeline => timeline.FirstTunedStep == from && timeline.WarmupSteps > 0)
                .Select(timeline => $"{timeline.Group} {Range(from, (int)Math.Min(TotalSteps, from + (long)timeline.WarmupSteps - 1))}");
            lines.Add(
            [
                Range(from, to),
                Range((from - 1) / stepsPerEpoch + 1, (to - 1) / stepsPerEpoch + 1),
                List(_timelines.Keys.Where(group => !_timelines[group].IsFrozen(from))),
                List(frozen),
                tuned.Sum(Rows).ToString("N0", CultureInfo.InvariantCulture),
                tuned.Sum(table => Rows(table) * table.Dimension).ToString("N0", CultureInfo.InvariantCulture),
                List(warm),
            ]);
        }
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length))];
        return [.. lines.Select(line => string.Join("  ", line.Select((cell, column) => column is 4 or 5 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd())];
    }

    private static long FirstTunedStep(JobSpec spec, string group, FreezeSpec? phase, int stepsPerEpoch)
    {
        if (group == "embedding" && spec.Model is TextCnnSpec { Channels: ChannelMode.Static })
            return GroupTimeline.Never;
        return phase switch
        {
            null => 1,
            { UntilEpoch: { } epoch } => (long)epoch * stepsPerEpoch + 1,
            { UntilStep: { } step } => step,
            _ => GroupTimeline.Never,
        };
    }

    private static long Rows(TableSpec table) => table.Rows - (table.PaddingRow is null ? 0 : 1);

    private static string Range(int from, int to) => from == to
        ? from.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{from}-{to}");

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "-";
}
