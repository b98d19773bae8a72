using System.Globalization;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>Runs on the disk as a comparison sees them: those of a sweep, or any, put together by what their jobs say.</summary>
/// <param name="Runs">The runs; no two have the same variant, seed and fold.</param>
/// <param name="Differences">Settings in which the variants differ, each with its value in every variant in the order of the variants; empty for a sweep, whose names say it.</param>
/// <param name="Notes">What the user should know of how runs were put together.</param>
public sealed record ComparedRuns(IReadOnlyList<ComparedRun> Runs, IReadOnlyList<ComparedRuns.Difference> Differences, IReadOnlyList<string> Notes)
{
    private const int MostSettingsInNames = 3;
    private const string NotSet = "not set";

    /// <summary>A setting in which variants differ.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Values">Its value as JSON in each variant, or <c>not set</c>.</param>
    public sealed record Difference(string Path, IReadOnlyList<string> Values);

    /// <summary>The runs of a sweep: variants as it names them, shorter where one setting varies.</summary>
    /// <param name="directory">The sweep.</param>
    /// <param name="stages">Names of the stages whose results count, each a variant of its own; none: the last.</param>
    /// <exception cref="InvalidInputException">The sweep, or a stage, cannot be used.</exception>
    public static ComparedRuns OfSweep(SweepDirectory directory, IReadOnlyList<string> stages)
    {
        SweepPlan plan = PlanOf(directory);
        var runs = new List<ComparedRun>();
        foreach (SweepRun run in plan.Runs)
        {
            directory.StateOf(run); // refuses the run of another job
            foreach ((JobStage stage, string name) in CountedStages.Of(run.Job, stages).Zip(NamesOf(plan, run.Variant, stages)))
                runs.Add(Read(new ComparedRun(name, run.Seed.ToString(CultureInfo.InvariantCulture), directory.PathOf(run)) { Fold = FoldOf(stage) }, run.Job, stage));
        }

        return new ComparedRuns(runs, [], []);
    }

    /// <summary>The names that the variants of a sweep have in a comparison.</summary>
    /// <param name="plan">The sweep.</param>
    /// <param name="stages">Names of the stages whose results count; none: the last.</param>
    /// <exception cref="InvalidInputException">A stage cannot be used.</exception>
    public static IReadOnlyList<string> NamesOf(SweepPlan plan, IReadOnlyList<string> stages) => [.. plan.Variants.SelectMany(variant => NamesOf(plan, variant, stages))];

    private static IEnumerable<string> NamesOf(SweepPlan plan, SweepVariant variant, IReadOnlyList<string> stages)
    {
        IReadOnlyList<JobStage> counted = CountedStages.Of(variant.Job, stages);
        int equals = plan.Manifest.Vary.Count == 1 ? variant.Name.IndexOf('=', StringComparison.Ordinal) : -1;
        string name = equals < 0 ? variant.Name : VariantNames.OfOneSetting(variant.Name[..equals], variant.Name[(equals + 1)..]);
        return counted.Select(stage => counted.Count == 1 ? name : plan.Variants.Count == 1 ? stage.Name : $"{name} {stage.Name}");
    }

    /// <summary>Any runs: those whose jobs differ in nothing but the seed, and the fold that is tested, are of one variant.</summary>
    /// <param name="paths">Directories of runs, of stages of runs, or of sweeps.</param>
    /// <param name="stages">Names of the stages whose results count; none: the last, or the one whose directory is named.</param>
    /// <exception cref="InvalidInputException">A directory, or a stage, cannot be used.</exception>
    public static ComparedRuns OfRuns(IReadOnlyList<string> paths, IReadOnlyList<string> stages)
    {
        var errors = new List<InputError>();
        var found = new List<Found>();
        foreach (string path in paths)
        {
            try
            {
                found.AddRange(SweepDirectory.Is(path) ? RunsOf(SweepDirectory.Open(path)).SelectMany(run => Find(run, stages)) : Find(path, stages));
            }
            catch (InvalidInputException invalid)
            {
                errors.AddRange(invalid.Errors);
            }
        }

        if (errors.Count > 0)
            throw new InvalidInputException([.. errors.Distinct()]);
        Found[][] variants = [.. found.GroupBy(run => run.Key, StringComparer.Ordinal).Select(group => group.ToArray())];
        Difference[] differences = [.. DifferencesOf(variants)];
        string[] names = NamesOf(variants, differences);
        var runs = new List<ComparedRun>();
        var notes = new List<string>();
        for (int i = 0; i < variants.Length; i++)
        {
            foreach (IGrouping<string, ComparedRun> same in variants[i].Select(run => Read(new ComparedRun(names[i], run.Seed, run.Path) { Fold = FoldOf(run.Stage) }, run.Job, run.Stage)).GroupBy(run => run.PairedBy))
            {
                ComparedRun counted = same.FirstOrDefault(run => run.Missing is null) ?? same.First();
                runs.Add(counted);
                notes.AddRange(same.Where(run => run != counted).Select(run => $"{run.Directory} is not counted: it has the job and the seed{(run.Fold is null ? "" : " and the fold")} of {counted.Directory}."));
            }
        }

        return new ComparedRuns(runs, differences, notes);
    }

    private static FoldSpec? FoldOf(JobStage stage) => (stage.Spec.Data as LabelledData)?.Fold;

    private static SweepPlan PlanOf(SweepDirectory directory) => SweepPlan.GoOn(directory.Manifest, Path.Combine(directory.Path, SweepManifest.FileName), [], null);

    private static IEnumerable<string> RunsOf(SweepDirectory directory) =>
        PlanOf(directory).Runs.Where(run => directory.StateOf(run).Begun).Select(directory.PathOf);

    private static IEnumerable<Found> Find(string path, IReadOnlyList<string> stages)
    {
        // The directory of a stage is looked at from its run, where the stages are that it starts from.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is { } above && Path.GetFileName(above) == "stages" && File.Exists(Path.Combine(above, "..", "job.json")))
            (full, stages) = (Path.GetDirectoryName(above)!, [Path.GetFileName(full)]);
        JobFile job = JobFile.LoadStored(RunDirectory.Open(full).JobPath);
        return CountedStages.Of(job, stages).Select(stage => Found.Of(full, job, stage));
    }

    private static ComparedRun Read(ComparedRun run, JobFile job, JobStage stage)
    {
        string place = job.IsOneStage ? run.Directory : Path.Combine(run.Directory, "stages", stage.Name);
        string resultPath = Path.Combine(place, "result.json");
        RunResult? result = File.Exists(resultPath) ? RunResult.Read(resultPath) : null;
        if (result?.Status == RunStatus.Done)
            return run with { Test = result.Test, Dev = result.Dev, TableHash = result.TableHash, DataFingerprint = StageFacts.Read(place).DataFingerprint };
        string missing = SweepDirectory.FailureOf(run.Directory) is { } failure ? $"failed: {failure}"
            : result is not null ? string.Create(CultureInfo.InvariantCulture, $"stopped after step {result.Steps}")
            : File.Exists(Path.Combine(place, StageFacts.FileName)) ? "not ended" : "not begun";
        return run with { Missing = missing };
    }

    private static IEnumerable<Difference> DifferencesOf(Found[][] variants) => variants
        .SelectMany(variant => variant[0].Settings.Keys).Distinct().Order(StringComparer.Ordinal)
        .Select(path => new Difference(path, [.. variants.Select(variant => variant[0].Settings.GetValueOrDefault(path) ?? NotSet)]))
        .Where(difference => difference.Values.Distinct().Count() > 1);

    /// <summary>The shortest names that tell variants apart and can be understood: a value, stages, jobs, a few settings; else a directory.</summary>
    private static string[] NamesOf(Found[][] variants, Difference[] differences)
    {
        static string Plain(string value) => value.Trim('"');
        string[] settings = [.. VariantNames.Settings([.. differences.Select(d => d.Path)])];
        IEnumerable<string[]> candidates =
        [
            [.. variants.Select((variant, i) => differences.Length == 1 ? VariantNames.OfOneSetting(settings[0], Plain(differences[0].Values[i])) : One(variant, run => run.Stage.Name))],
            [.. variants.Select(variant => One(variant, run => run.Job.Name))],
            [.. variants.Select((_, i) => differences.Length > MostSettingsInNames ? "" : string.Join(",", settings.Zip(differences, (name, d) => $"{name}={Plain(d.Values[i])}")))],
            [.. variants.Select(variant => Path.GetFileName(variant[0].Path))],
            [.. variants.Select(variant => variant[0].Path)],
        ];
        return candidates.FirstOrDefault(names => names.All(name => name.Length > 0) && names.Distinct().Count() == names.Length)
            ?? [.. variants.Select((variant, i) => string.Create(CultureInfo.InvariantCulture, $"{variant[0].Path} ({i + 1})"))]; // two stages of one run

        static string One(Found[] variant, Func<Found, string> name) => variant.Select(name).Distinct().Count() == 1 ? name(variant[0]) : "";
    }

    /// <summary>A run that was found.</summary>
    private sealed record Found(string Path, JobFile Job, JobStage Stage, string Seed, IReadOnlyDictionary<string, string> Settings)
    {
        /// <summary>Equal for runs of one variant.</summary>
        public string Key => string.Join('\n', Settings.Select(setting => $"{setting.Key}={setting.Value}"));

        public static Found Of(string path, JobFile job, JobStage stage)
        {
            IReadOnlyList<JobStage> deciding = CountedStages.Deciding(job, stage);
            string[] seeds = [.. deciding.Select(s => s.Spec.Seed.ToString(CultureInfo.InvariantCulture))];
            var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (JobStage each in deciding)
            {
                // Of one stage the name says nothing about the result; of several it says which is which.
                string prefix = each == stage ? "" : $"stages.{each.Name}.";
                foreach ((string key, string value) in JobFingerprint.Settings(each.Spec).Where(setting => setting.Key is not ("seed" or "data.fold.index")))
                    settings.Add(prefix + key, value);
            }

            return new Found(path, job, stage, seeds.Distinct().Count() == 1 ? seeds[0] : string.Join('/', seeds), settings);
        }
    }
}
