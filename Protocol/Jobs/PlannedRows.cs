using System.Globalization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Rows of a group that one rule of a phase decides about.</summary>
/// <param name="Group">The group.</param>
/// <param name="Selector">What names the rows; null: all that no other rule decides about.</param>
/// <param name="Count">How many rows they are, the padding row not counted; null: all of the table.</param>
/// <param name="Rule">What they do.</param>
/// <param name="Thaws">Whether they are tuned, and some of them were not in the phase before.</param>
public sealed record PlannedRows(string Group, RowSelectorSpec? Selector, long? Count, GroupRule Rule, bool Thaws)
{
    /// <summary>The group, and which rows of it where there are others: <c>embedding (rank 1-500: 500 rows)</c>.</summary>
    public string Name => Count is { } count ? string.Create(CultureInfo.InvariantCulture, $"{Group} ({Selector?.ToString() ?? "all others"}: {count:N0} rows)") : Group;

    /// <summary>The name and what is done beside tuning: the factor on the rate, the hold to where rows started.</summary>
    public string InWords
    {
        get
        {
            string words = Name;
            if (Rule.Factor != 1)
                words += string.Create(CultureInfo.InvariantCulture, $" x{Rule.Factor:0.####}");
            if (Rule.Strength > 0)
                words += string.Create(CultureInfo.InvariantCulture, $" anchored {Rule.Strength:0.####}");
            if (Rule.Radius is { } radius)
                words += string.Create(CultureInfo.InvariantCulture, $" within {radius:0.####}");
            return words;
        }
    }

    /// <summary>The rows of a group in a phase, by the rules that decide about them, in the order of the rules; those that none decides about come first.</summary>
    /// <param name="plan">The phases.</param>
    /// <param name="phase">The phase, from 0.</param>
    /// <param name="group">The group.</param>
    /// <param name="classes">Which rows the job's selectors meet; null where it has none.</param>
    public static IEnumerable<PlannedRows> Of(FreezePlan plan, int phase, string group, RowClasses? classes)
    {
        if (classes is null || !plan.Phases[phase].Rules.Any(rule => rule.Group == group && rule.Rows is not null))
            return [new PlannedRows(group, null, null, plan.RuleOf(phase, group, 0), Thaws(Enumerable.Range(0, classes?.Count ?? 1)))];
        return Enumerable.Range(0, classes.Count)
            .GroupBy(c => plan.DecidingRule(phase, group, classes.SelectorsOf(c)))
            .OrderBy(rows => rows.Key)
            .Select(rows => new PlannedRows(
                group,
                rows.Key < 0 ? null : plan.Phases[phase].Rules[rows.Key].Rows,
                rows.Sum(c => (long)classes.WordsOf(c)),
                plan.RuleOf(phase, group, classes.SelectorsOf(rows.First())),
                Thaws(rows)))
            .Where(rows => rows.Count > 0);

        bool Thaws(IEnumerable<int> some) => some.Select(c => classes?.SelectorsOf(c) ?? 0)
            .Any(met => !plan.RuleOf(phase, group, met).Frozen && (phase == 0 || plan.RuleOf(phase - 1, group, met).Frozen));
    }
}
