using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>The job of a run that goes on, with settings that came since.</summary>
public static class ResumedJob
{
    /// <summary>Reads the job of a run directory and changes settings of it.</summary>
    /// <exception cref="InvalidInputException">A setting is wrong, or would change what the run computes; more epochs or steps are no change, see <see cref="LongerTraining"/>.</exception>
    public static JobFile Load(RunDirectory directory, IReadOnlyList<string> settings)
    {
        JobFile stored = JobFile.LoadStored(directory.JobPath);
        JobFile job = JobFile.LoadStored(directory.JobPath, ForEveryStage(settings, stored));
        if (stored.Fingerprint == job.Fingerprint)
            return job;
        if (!LongerTraining.IsOf(stored, job))
        {
            throw new InvalidInputException("--set", $"changes what the run computes, so its checkpoints do not fit: {Differences(stored, job)}.",
                "Start a new run; with --resume only cluster, report and checkpoints may change, and training may become longer.");
        }

        string place = job.IsOneStage ? directory.Path : Path.Combine(directory.Path, "stages", job.Stages[^1].Name);
        LongerTraining.Check(place, stored.Stages[^1].Spec, job.Stages[^1].Spec);
        return job;
    }

    /// <summary>A stored job has every setting written out in every stage, so a setting without a stage's name goes to each.</summary>
    private static IReadOnlyList<string> ForEveryStage(IReadOnlyList<string> settings, JobFile stored) => stored.IsOneStage ? settings
        : [.. settings.SelectMany(s => s.StartsWith("stages.", StringComparison.Ordinal) ? [s] : stored.Stages.Select(stage => $"stages.{stage.Name}.{s}"))];

    /// <summary>In what a job differs from that of a run, as far as settings decide the result.</summary>
    public static string Differences(JobFile stored, JobFile given)
    {
        string[] lines = [.. stored.Stages.Zip(given.Stages).SelectMany(pair => JobFingerprint.Differences(pair.First.Spec, pair.Second.Spec)).Distinct()];
        return lines.Length > 0 ? string.Join("; ", lines) : "its stages are others";
    }
}
