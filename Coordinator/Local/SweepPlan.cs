using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>A job with one value of each setting that varies.</summary>
/// <param name="Name">What tells it from the others, such as <c>channels=static</c>; the job's name where nothing varies.</param>
/// <param name="Job">The job.</param>
public sealed record SweepVariant(string Name, JobFile Job);

/// <summary>A run of a sweep.</summary>
/// <param name="Variant">What it is a run of.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Fold">The fold that it is tested on; null: the sweep does not cross-validate.</param>
/// <param name="Directory">Name of its directory within the sweep's, such as <c>channels=static,seed=2</c> or <c>seed=2,fold=10</c>.</param>
/// <param name="Job">Its job.</param>
public sealed record SweepRun(SweepVariant Variant, ulong Seed, int? Fold, string Directory, JobFile Job);

/// <summary>
/// The runs of a sweep: every combination of the values that vary, with every seed and every fold. Seeds come one after the other, folds within a seed, and variants
/// within a fold, so that a sweep that is stopped has pairs to compare, and data that a seed decides are needed for one seed at a time.
/// </summary>
public sealed class SweepPlan
{
    private const string SeedsOption = "--seeds";
    private const int MostRuns = 10_000;
    private const int LongestName = 200;

    private SweepPlan(SweepManifest manifest, IReadOnlyList<SweepVariant> variants, IReadOnlyList<SweepRun> runs) =>
        (Manifest, Variants, Runs) = (manifest, variants, runs);

    /// <summary>What the sweep's directory keeps.</summary>
    public SweepManifest Manifest { get; }

    /// <summary>The variants, the last of the settings that vary changing fastest.</summary>
    public IReadOnlyList<SweepVariant> Variants { get; }

    /// <summary>The runs in order.</summary>
    public IReadOnlyList<SweepRun> Runs { get; }

    /// <summary>Name of the job.</summary>
    public string JobName => Variants[0].Job.Name;

    /// <summary>Reads the job and checks it with every combination of values.</summary>
    /// <param name="text">The job file's text.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="settings">Settings on top of it, <c>path=value</c>.</param>
    /// <param name="vary">The settings that vary, on top of those.</param>
    /// <param name="seeds">The seeds, no two alike, at least one.</param>
    /// <param name="folds">The folds; null: it does not cross-validate.</param>
    /// <param name="origin">What names the job and where its paths start, see <see cref="JobFile.Parse"/>.</param>
    /// <param name="isStored">Whether the job is read as what a program kept that had fewer settings (<see cref="JobFile.LoadStored"/>).</param>
    /// <exception cref="InvalidInputException">Anything is wrong with any variant; carries every error.</exception>
    public static SweepPlan Of(
        string text, string name, IReadOnlyList<string> settings, IReadOnlyList<Variation> vary, IReadOnlyList<ulong> seeds, SweepFolds? folds = null,
        JobOrigin? origin = null, bool isStored = false)
    {
        if (origin is not null)
            settings = JobOrigin.WithFullRoot(settings);
        if (settings.FirstOrDefault(s => s.Split('=')[0].Trim() == "seed") is { } seed)
            throw new InvalidInputException("--set", $"`{seed}` would have no effect: a sweep gives each run its seed.", $"Use {SeedsOption}.");
        if (folds is not null && vary.FirstOrDefault(v => v.Path.EndsWith("data.fold.of", StringComparison.Ordinal) || v.Path.EndsWith("data.fold.index", StringComparison.Ordinal)) is { } fold)
            throw new InvalidInputException($"{Variation.Option} {fold.Path}", $"would have no effect: {SweepFolds.Option} gives each run its fold.", "Keep one of them.");
        long count = vary.Aggregate((long)seeds.Count * (folds?.Count ?? 1), (product, variation) => Math.Min(product * variation.Values.Count, int.MaxValue));
        if (count > MostRuns)
            throw new InvalidInputException(Variation.Option, $"makes {count} runs with {seeds.Count} seeds{(folds is null ? "" : $" and {folds.Count} folds")}.", $"A sweep has at most {MostRuns}: give fewer values or seeds.");

        JobFile Parse(IEnumerable<JobSetting> varied, ulong seed, int fold)
        {
            JobSetting[] own = [.. varied, new JobSetting(string.Create(CultureInfo.InvariantCulture, $"seed={seed}"), SeedsOption)];
            JobFile whole = JobFile.Parse(text, name, settings, own, origin, isStored);
            return folds is null ? whole : JobFile.Parse(text, name, settings, [.. own, .. folds.SettingsFor(whole, fold)], origin, isStored);
        }

        Combination[] combinations = [.. Combinations(vary)];
        var errors = new List<(InputError Error, string Variant)>();
        var variants = new List<SweepVariant>();
        foreach (Combination combination in combinations)
        {
            try
            {
                JobFile job = Parse(combination.Settings, seeds[0], 1);
                variants.Add(new SweepVariant(combination.Name.Length == 0 ? job.Name : combination.Name, job));
            }
            catch (InvalidInputException invalid)
            {
                errors.AddRange(invalid.Errors.Select(error => (error, combination.Name)));
            }
        }

        ThrowIfAny(errors, combinations.Length);
        CheckVariantsDiffer(variants);
        CheckArithmetic(variants);
        var runs = new List<SweepRun>();
        foreach (ulong given in seeds)
        {
            for (int index = 1; index <= (folds?.Count ?? 1); index++)
            {
                for (int i = 0; i < variants.Count; i++)
                {
                    int? tested = folds is null ? null : index;
                    runs.Add(new SweepRun(variants[i], given, tested, DirectoryOf(combinations[i].Name, i, given, tested), Parse(combinations[i].Settings, given, index)));
                }
            }
        }

        string deciding = string.Concat(combinations.Select(c => $"{c.Name} {Parse(c.Settings, 0, 1).Fingerprint}\n"));
        var manifest = new SweepManifest
        {
            Job = text,
            Origin = origin,
            Settings = settings,
            Vary = vary,
            Folds = folds,
            Seeds = seeds,
            Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(deciding))),
        };
        return new SweepPlan(manifest, variants, runs);
    }

    /// <summary>The plan of a sweep that has begun.</summary>
    /// <param name="manifest">What its directory keeps.</param>
    /// <param name="name">What messages call its job.</param>
    /// <param name="settings">Settings that came since; they may change nothing of the result.</param>
    /// <param name="seeds">Its seeds from now on, with all that it has had; null: the same.</param>
    /// <exception cref="InvalidInputException">The plan would be of another sweep.</exception>
    public static SweepPlan GoOn(SweepManifest manifest, string name, IReadOnlyList<string> settings, IReadOnlyList<ulong>? seeds)
    {
        SweepPlan before = Of(manifest.Job, name, manifest.Settings, manifest.Vary, manifest.Seeds, manifest.Folds, manifest.Origin);
        bool isStored = before.Manifest.Fingerprint != manifest.Fingerprint;
        if (isStored) // by a program that had fewer settings
            before = Of(manifest.Job, name, manifest.Settings, manifest.Vary, manifest.Seeds, manifest.Folds, manifest.Origin, isStored);
        if (before.Manifest.Fingerprint != manifest.Fingerprint)
        {
            throw new InvalidInputException(name,
                $"is not the job that the sweep was started with (fingerprint {manifest.Fingerprint[..12]}, here {before.Manifest.Fingerprint[..12]}).",
                "Put sweep.json back as it was, or start a new sweep; another version of the program may read a job otherwise.");
        }

        if (manifest.Seeds.Where(seed => seeds?.Contains(seed) == false).Select(seed => $"{seed}").ToArray() is { Length: > 0 } lost)
            throw new InvalidInputException(SeedsOption, $"leaves out {string.Join(", ", lost)}, which the sweep has.", "Give all its seeds and more of them, or start a new sweep.");
        if (settings.Count == 0 && seeds is null)
            return before;
        SweepPlan plan = Of(manifest.Job, name, [.. manifest.Settings, .. settings], manifest.Vary, seeds ?? manifest.Seeds, manifest.Folds, manifest.Origin, isStored);
        if (plan.Manifest.Fingerprint != manifest.Fingerprint)
        {
            string[] differences = [.. before.Variants.Zip(plan.Variants).SelectMany(pair => pair.First.Job.Stages.Zip(pair.Second.Job.Stages))
                .SelectMany(stages => JobFingerprint.Differences(stages.First.Spec with { Seed = 0 }, stages.Second.Spec with { Seed = 0 })).Distinct()];
            throw new InvalidInputException("--set", $"changes what the sweep computes: {string.Join("; ", differences)}.",
                "Start a new sweep; with --resume only cluster, report and checkpoints may change.");
        }

        return plan;
    }

    private static IEnumerable<Combination> Combinations(IReadOnlyList<Variation> vary)
    {
        IReadOnlyList<string> names = VariantNames.Settings([.. vary.Select(v => v.Path)]);
        IEnumerable<Combination> all = [new Combination("", [])];
        for (int i = 0; i < vary.Count; i++)
        {
            Variation variation = vary[i];
            string setting = names[i];
            IReadOnlyList<string> values = VariantNames.Values(variation);
            all = all.SelectMany(before => values.Select((value, k) => new Combination(
                $"{before.Name}{(before.Name.Length == 0 ? "" : ",")}{setting}={value}",
                [.. before.Settings, new JobSetting($"{variation.Path}={variation.Values[k]}", Variation.Option)])));
        }

        return all;
    }

    private static string DirectoryOf(string variant, int index, ulong seed, int? fold)
    {
        string name = variant.Length <= LongestName ? variant : string.Create(CultureInfo.InvariantCulture, $"variant{index + 1}");
        return string.Create(CultureInfo.InvariantCulture, $"{name}{(name.Length == 0 ? "" : ",")}seed={seed}{(fold is null ? "" : $",fold={fold}")}");
    }

    /// <summary>Tells an error once, and with the variants' names where only some have it and its place does not say which.</summary>
    internal static void ThrowIfAny(IReadOnlyList<(InputError Error, string Variant)> errors, int variants)
    {
        InputError[] told =
        [
            .. errors.GroupBy(item => item.Error, item => item.Variant).Select(group =>
            {
                if (group.Key.Where.StartsWith(SeedsOption, StringComparison.Ordinal))
                    return group.Key with { Fix = "Leave the seed out of the job's stages." };
                string[] names = [.. group.Distinct()];
                return names.Length == variants || group.Key.Where.StartsWith(Variation.Option, StringComparison.Ordinal) ? group.Key
                    : group.Key with { Where = $"{group.Key.Where} ({string.Join("; ", names)})" };
            }),
        ];
        if (told.Length > 0)
            throw new InvalidInputException(told);
    }

    /// <summary>Two variants with the same bits would be compared at the price of training them, and be no different.</summary>
    private static void CheckVariantsDiffer(IReadOnlyList<SweepVariant> variants)
    {
        InputError[] errors =
        [
            .. variants.Where(v => v.Job.Stages.All(s => s.Spec.Training.Consistency == Consistency.Sync)).GroupBy(v => v.Job.Fingerprint).Where(same => same.Count() > 1)
                .Select(same => new InputError(Variation.Option, $"{string.Join(" and ", same.Select(v => v.Name))} compute the same, to the bit.", "Vary a setting that changes the result.")),
        ];
        if (errors.Length > 0)
            throw new InvalidInputException(errors);
    }

    private static void CheckArithmetic(IReadOnlyList<SweepVariant> variants)
    {
        if (variants.SelectMany(v => v.Job.Stages).Where(s => s.Spec.Model.UsesTorch).Select(s => (s.Spec.Training.InstructionSet, s.Spec.Training.TorchThreads)).Distinct().Count() > 1)
        {
            throw new InvalidInputException(Variation.Option, "makes variants with different training.instructionSet or training.torchThreads, and a process computes with one of each only.",
                "Run each with distembed train, and compare the runs with distembed compare.");
        }
    }

    private sealed record Combination(string Name, IReadOnlyList<JobSetting> Settings);
}
