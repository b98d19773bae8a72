using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Local;

/// <summary>The stages of a job whose results count in a comparison.</summary>
internal static class CountedStages
{
    private const string Option = "--stage";

    /// <summary>The stages with the given names, in the order given; of none, the last one.</summary>
    /// <exception cref="InvalidInputException">There is no such stage, or it gives no accuracy; carries every error.</exception>
    public static IReadOnlyList<JobStage> Of(JobFile job, IReadOnlyList<string> names)
    {
        var errors = new List<InputError>();
        var stages = new List<JobStage>();
        foreach (string name in names.Count == 0 ? [job.Stages[^1].Name] : names.Distinct())
        {
            if (job.Stages.FirstOrDefault(stage => stage.Name == name) is not { } stage)
                errors.Add(new InputError(Option, $"job {job.Name} has no stage `{name}`.", Spelling.Advice(name, [.. job.Stages.Select(s => s.Name)], "stages")));
            else if (!stage.Spec.Model.NeedsLabels)
                errors.Add(new InputError(Option, $"stage '{name}' learns vectors from text without labels, so it has no accuracy to compare.", "Name a classifier's stage."));
            else
                stages.Add(stage);
        }

        return errors.Count == 0 ? stages : throw new InvalidInputException(errors);
    }

    /// <summary>The stage and those before it whose vectors it comes from, in the job's order: all that decides its result.</summary>
    public static IReadOnlyList<JobStage> Deciding(JobFile job, JobStage stage)
    {
        List<JobStage> chain = [stage];
        while (chain[0].Spec.Vectors.StageName is { } name)
            chain.Insert(0, job.Stages.First(earlier => earlier.Name == name));
        return chain;
    }
}
