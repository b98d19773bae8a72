using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Reports;

/// <summary>
/// Runs of several variants over seeds, compared: each variant summed up, and each against one of them by the seeds that both have.
/// </summary>
public sealed class RunComparison
{
    private readonly IReadOnlyList<ComparedRun> _runs;

    private RunComparison(IReadOnlyList<ComparedRun> runs, string part, string baseline)
    {
        (_runs, Part, Baseline) = (runs, part, baseline);
        Measure = PartsOf(runs, part).First().Scores.MainName;
        string[] names = [.. runs.Select(run => run.Variant).Distinct()];
        Variants = [.. names.Select(name => new Summary(
            name,
            [.. runs.Where(run => run.Variant == name)],
            SampleSummary.Of(Accuracies(name, run => run.Test)),
            SampleSummary.Of(Accuracies(name, run => run.Dev))))];
        Pairs = [.. Variants.Where(variant => variant.Name != baseline).Select(PairOf)];
        Warnings = [.. Pairs.SelectMany(WarningsOf)];
    }

    /// <summary>The part of the data whose accuracies are compared: <c>test</c>, or <c>dev</c> where not every variant has a test part.</summary>
    public string Part { get; }

    /// <summary>The measure that is compared, such as <c>accuracy</c>.</summary>
    public string Measure { get; }

    /// <summary>Name of the variant that the others are compared with.</summary>
    public string Baseline { get; }

    /// <summary>The variants, in the order in which their runs were given.</summary>
    public IReadOnlyList<Summary> Variants { get; }

    /// <summary>Whether runs are of folds of a cross-validation.</summary>
    public bool CrossValidates => _runs.Any(run => run.Fold is not null);

    /// <summary>Every variant but the baseline against the baseline.</summary>
    public IReadOnlyList<Pair> Pairs { get; }

    /// <summary>Runs that are not counted, and why is in <see cref="ComparedRun.Missing"/>.</summary>
    public IReadOnlyList<ComparedRun> NotCounted => [.. _runs.Where(run => run.Missing is not null)];

    /// <summary>What makes the comparison another one than it seems.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>A variant.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Runs">Its runs, with those that have no result.</param>
    /// <param name="Test">Accuracies on the test part, as fractions; null: there are none.</param>
    /// <param name="Dev">Accuracies on the dev part, of the weights that were tested; null: there are none.</param>
    public sealed record Summary(string Name, IReadOnlyList<ComparedRun> Runs, SampleSummary? Test, SampleSummary? Dev);

    /// <summary>A variant against the baseline.</summary>
    /// <param name="Variant">Name of the variant.</param>
    /// <param name="Seeds">Seeds, and folds where there are any, that both have, in the order of the variant's runs.</param>
    /// <param name="Difference">Accuracy of the variant less that of the baseline, as fractions, over these seeds.</param>
    /// <param name="Lacking">What a seed lacks that only one of the two has, such as <c>seed 3 of static</c>.</param>
    public sealed record Pair(string Variant, IReadOnlyList<string> Seeds, PairedDifference Difference, IReadOnlyList<string> Lacking);

    /// <summary>Compares runs.</summary>
    /// <param name="runs">The runs, no two with the same variant, seed and fold.</param>
    /// <param name="baseline">Name of the variant that the others are compared with; null: the first.</param>
    /// <exception cref="InvalidInputException">None has a result, or there is no such variant.</exception>
    public static RunComparison Of(IReadOnlyList<ComparedRun> runs, string? baseline = null)
    {
        string[] names = [.. runs.Select(run => run.Variant).Distinct()];
        CheckBaseline(baseline, names);
        ComparedRun[] done = [.. runs.Where(run => run.Missing is null)];
        if (done.Length == 0)
        {
            throw new InvalidInputException(runs.Count == 0 ? "RUN" : runs[0].Directory,
                runs.Count == 0 ? "no run is given." : $"has no result ({runs[0].Missing}), and no other run has one.", "Train to the end first.");
        }

        string part = done.All(run => run.Test is not null) ? "test" : "dev";
        if (part == "dev" && done.FirstOrDefault(run => run.Dev is null) is { } without)
        {
            throw new InvalidInputException(without.Directory, "has no accuracy that the other runs have too: not every run has a test part, nor every one a dev part.",
                "Compare runs of classifiers that were tested; --stage names a stage.");
        }

        string[] measures = [.. PartsOf(runs, part).Select(result => result.Scores.MainName).Distinct()];
        if (measures.Length > 1)
        {
            throw new InvalidInputException(done[0].Directory, $"is judged by {measures[0]}, another run by {measures[1]}: they cannot be compared.",
                "Compare runs of the same kind of model.");
        }

        return new RunComparison(runs, part, baseline ?? names[0]);
    }

    private static IEnumerable<PartResult> PartsOf(IReadOnlyList<ComparedRun> runs, string part) =>
        runs.Where(run => run.Missing is null).Select(run => (part == "test" ? run.Test : run.Dev)!);

    /// <summary>Refuses a baseline that is none of the variants.</summary>
    /// <exception cref="InvalidInputException">There is no such variant.</exception>
    public static void CheckBaseline(string? baseline, IReadOnlyCollection<string> variants)
    {
        if (baseline is not null && !variants.Contains(baseline))
            throw new InvalidInputException("--baseline", $"there is no variant `{baseline}`.", Spelling.Advice(baseline, variants, "variants"));
    }

    private double[] Accuracies(string variant, Func<ComparedRun, PartResult?> part) =>
        [.. _runs.Where(run => run.Variant == variant && run.Missing is null).Select(part).OfType<PartResult>().Select(result => result.Main)];

    private Pair PairOf(Summary variant)
    {
        Dictionary<string, ComparedRun> own = BySeed(variant.Name), other = BySeed(Baseline);
        string[] seeds = [.. own.Keys.Where(other.ContainsKey)];
        double Accuracy(ComparedRun run) => (Part == "test" ? run.Test! : run.Dev!).Main;
        string[] lacking =
        [
            .. other.Keys.Where(seed => !own.ContainsKey(seed)).Select(seed => $"seed {seed} of {variant.Name}"),
            .. own.Keys.Where(seed => !other.ContainsKey(seed)).Select(seed => $"seed {seed} of {Baseline}"),
        ];
        return new Pair(variant.Name, seeds, PairedDifference.Of([.. seeds.Select(seed => (Accuracy(other[seed]), Accuracy(own[seed])))], seeds.Length > 0 ? TestedShare(own[seeds[0]]) : 0), lacking);
    }

    private IEnumerable<string> WarningsOf(Pair pair)
    {
        Dictionary<string, ComparedRun> own = BySeed(pair.Variant), other = BySeed(Baseline);
        string[] differ = [.. pair.Seeds.Where(seed => !own[seed].HasExamplesOf(other[seed]))];
        if (differ.Length > 0)
        {
            string which = differ.Length == pair.Seeds.Count ? "" : $" with seed {string.Join(", ", differ)}";
            yield return $"{pair.Variant} and {Baseline} were trained on different data{which}: words, labels or examples differ, so the difference is not of their settings alone.";
        }
    }

    private Dictionary<string, ComparedRun> BySeed(string variant) =>
        _runs.Where(run => run.Variant == variant && run.Missing is null).ToDictionary(run => run.PairedBy, StringComparer.Ordinal);

    /// <summary>Examples of a fold for each of the others, which runs of several folds share for training.</summary>
    private static double TestedShare(ComparedRun run) => run.Fold is { } fold ? 1.0 / (fold.Of - 1) : 0;
}
