using System.Text.Json;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Jobs;

/// <summary>What a node makes of a run's description: the same job and tables as the coordinator has, or an error that shows both values.</summary>
/// <param name="Job">The job.</param>
/// <param name="Plans">The tables with their rules.</param>
public sealed record DescribedRun(JobSpec Job, IReadOnlyList<TablePlan> Plans)
{
    /// <summary>Reads a description.</summary>
    /// <param name="run">The description.</param>
    /// <param name="classes">The row classes that <see cref="RunDescription.ClassesArtifact"/> names; null: none.</param>
    /// <exception cref="InvalidInputException">This program finds another job in it than the coordinator's.</exception>
    public static DescribedRun Of(RunDescription run, RowClasses? classes = null)
    {
        JobSpec job;
        try
        {
            job = JsonSerializer.Deserialize<JobSpec>(run.JobJson, JobJson.Options) ?? throw new JsonException("The job is null.");
        }
        catch (Exception unreadable) when (unreadable is JsonException or NotSupportedException) // the second: a kind is missing, or unknown
        {
            throw new InvalidInputException(new InputError(run.Run, $"the job cannot be read: {unreadable.Message}", SameRelease), unreadable);
        }

        string fingerprint = JobFingerprint.Of(job);
        if (fingerprint != run.JobFingerprint)
            throw Differs(run, "fingerprint of the job", fingerprint, run.JobFingerprint);
        foreach ((string what, int number) in ((string, int)[])[("number of shards", run.Shards.Count), ("number of steps", run.TotalSteps), ("number of steps an epoch", run.StepsPerEpoch)])
        {
            if (number < 1)
                throw Differs(run, what, "at least 1", number);
        }

        try
        {
            FreezePlan freeze = FreezePlan.Resolve(job, run.StepsPerEpoch, run.TotalSteps);
            IReadOnlyList<TablePlan> plans = TablePlan.Of(job, run.Tables, freeze, classes);
            foreach (PlanChange change in run.Changes)
                TablePlan.Make(plans, change);
            return new DescribedRun(job, plans);
        }
        catch (ArgumentException impossible)
        {
            // A group that the job's model does not have, steps that there are not.
            throw new InvalidInputException(new InputError(run.Run, $"its description makes no sense here: {impossible.Message}", SameRelease), impossible);
        }
    }

    /// <summary>The error of a node that finds something else than the coordinator.</summary>
    public static InvalidInputException Differs(RunDescription run, string what, object here, object there) =>
        new(run.Run, $"the {what} is {here} here and {there} at the coordinator.", SameRelease);

    private const string SameRelease = "Install the same release on both.";
}
