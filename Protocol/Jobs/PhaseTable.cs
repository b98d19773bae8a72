using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>The phases as a text table, for printing before training.</summary>
public static class PhaseTable
{
    private const string Unknown = "?";

    /// <summary>A line of headings, then a line for each phase in order.</summary>
    /// <param name="plan">The phases.</param>
    /// <param name="tables">
    /// The model's tables. A phase's rows and parameters are those it may change: padding rows and always-frozen tables are not counted.
    /// </param>
    /// <param name="classes">Which rows the job's selectors meet; null where it has none.</param>
    /// <returns>
    /// Lines with columns phase (where the job has phases of its own), steps, epochs (both from 1, so that an <c>untilEpoch</c> is the last frozen one; a question mark where it shows
    /// only while it trains), tuned (with the factor on the rate, the hold, and of some rows of a group what names them and how many they are), frozen, rows, parameters, warm-up (steps with a rising rate), ends (where something but steps ends a phase).
    /// </returns>
    public static IReadOnlyList<string> Of(FreezePlan plan, IReadOnlyList<TableSpec> tables, RowClasses? classes = null)
    {
        int[] starts = plan.Times.Starts([]);
        bool ends = plan.Phases.Any(phase => phase.Until?.IsAwaited == true);
        var lines = new List<string[]> { Cells(plan, ends, "phase", "steps", "epochs", "tuned", "frozen", "rows", "parameters", "warm-up", "ends") };
        for (int phase = 0; phase < starts.Length; phase++)
        {
            bool known = phase == 0 || (starts[phase] <= plan.TotalSteps && !plan.Phases.Take(phase).Any(p => p.Until!.IsAwaited));
            bool ended = phase + 1 == starts.Length || !plan.Phases[phase].Until!.IsAwaited;
            int last = phase + 1 < starts.Length ? Math.Min(starts[phase + 1] - 1, plan.TotalSteps) : plan.TotalSteps;
            string Range(int perUnit) =>
                (known, known && ended) switch
                {
                    (false, _) => phase + 1 == starts.Length ? $"{Unknown}-{Unit(last, perUnit)}" : $"{Unknown}-{Unknown}",
                    (true, false) => $"{Unit(starts[phase], perUnit)}-{Unknown}",
                    _ => Span(Unit(starts[phase], perUnit), Unit(last, perUnit)),
                };
            PlannedRows[] rowsOfGroups = [.. plan.Groups.SelectMany(group => PlannedRows.Of(plan, phase, group, classes))];
            (TableSpec Table, long Rows)[] tuned = [.. tables.Where(table => !table.AlwaysFrozen).Select(table => (table, Tuned(table, rowsOfGroups)))];
            // Distinct: the static embedding is a frozen group and a frozen table of that name.
            IEnumerable<string> frozen = rowsOfGroups.Where(rows => rows.Rule.Frozen).Select(rows => rows.Name)
                .Concat(tables.Where(table => table.AlwaysFrozen).Select(table => table.Name)).Distinct();
            lines.Add(Cells(
                plan, ends,
                plan.NameOf(phase), Range(1), Range(plan.StepsPerEpoch),
                List(rowsOfGroups.Where(rows => !rows.Rule.Frozen).Select(rows => rows.InWords)),
                List(frozen),
                tuned.Sum(t => t.Rows).ToString("N0", CultureInfo.InvariantCulture),
                tuned.Sum(t => t.Rows * t.Table.Dimension).ToString("N0", CultureInfo.InvariantCulture),
                List(rowsOfGroups.Select(rows => WarmUp(plan, rows, known ? starts[phase] : null)).OfType<string>()),
                List(Ends(plan, phase))));
        }

        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length))];
        int rows = plan.IsNamed ? 5 : 4;
        return [.. lines.Select(line => string.Join("  ", line.Select((cell, column) => column == rows || column == rows + 1 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd())];
    }

    /// <summary>What ends a phase beside steps, in words.</summary>
    public static IEnumerable<string> Ends(FreezePlan plan, int phase)
    {
        if (plan.Phases[phase].Until is not { } until)
            yield break;
        if (until.DevStalled is { } stalled)
            yield return Invariant($"dev stalled for {stalled}");
        if (until.TrainLossBelow is { } loss)
            yield return Invariant($"train loss below {loss}");
        if (until.GradientNormBelow is { } norm)
            yield return Invariant($"gradient norm of {plan.HeadOf(until)} below {norm}");
        if (!until.IsAwaited)
            yield break;
        PhaseEnd end = JobPhases.EndOf(until, plan.BatchSize, plan.StepsPerEpoch);
        if (end.LastStep is { } last)
            yield return Invariant($"step {last}");
        if (end.Length is { } length)
            yield return Invariant($"{length} steps");
    }

    private static string? WarmUp(FreezePlan plan, PlannedRows rows, int? start)
    {
        GroupRule rule = rows.Rule;
        if (!rows.Thaws || (rule.WarmupSteps == 0 && rule.Warmup == WarmupShape.Linear))
            return null;
        if (rule.Warmup == WarmupShape.SlantedTriangle)
            return $"{rows.Name} slanted triangle";
        return start is { } from ? $"{rows.Name} {Span(Unit(from, 1), Unit((int)Math.Min(plan.TotalSteps, from + (long)rule.WarmupSteps - 1), 1))}" : Invariant($"{rows.Name} {rule.WarmupSteps} steps");
    }

    private static string[] Cells(FreezePlan plan, bool ends, params string[] cells) => [.. cells.Skip(plan.IsNamed ? 0 : 1).SkipLast(ends ? 0 : 1)];

    private static string Unit(int step, int perUnit) => ((step - 1) / perUnit + 1).ToString(CultureInfo.InvariantCulture);

    private static string Span(string from, string to) => from == to ? from : $"{from}-{to}";

    private static long Tuned(TableSpec table, IEnumerable<PlannedRows> rows) =>
        rows.Where(some => some.Group == table.Group && !some.Rule.Frozen).Sum(some => some.Count ?? table.Rows - (table.PaddingRow is null ? 0L : 1));

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "-";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
