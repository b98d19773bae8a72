using System.Globalization;
using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Training a finished run for longer: the same job with more steps in its last stage. Allowed if every step so far is what a run planned with the new length would have done from the
/// start, so that both end on the same bits.
/// </summary>
public static class LongerTraining
{
    private const string Where = "--set training";

    /// <summary>Whether a job is another one made longer: its last stage has more epochs, or more steps, and nothing else differs.</summary>
    public static bool IsOf(JobFile stored, JobFile given) =>
        stored.Stages.Count == given.Stages.Count
        && stored.Stages.SkipLast(1).Zip(given.Stages).All(pair => JobFingerprint.Of(pair.First.Spec) == JobFingerprint.Of(pair.Second.Spec))
        && IsOf(stored.Stages[^1].Spec, given.Stages[^1].Spec);

    /// <summary>Whether a stage is another one made longer.</summary>
    public static bool IsOf(JobSpec stored, JobSpec given)
    {
        TrainingSpec before = stored.Training, now = given.Training;
        return (now.Epochs > before.Epochs || now.Steps > before.Steps)
            && JobFingerprint.Of(given with { Training = now with { Epochs = before.Epochs, Steps = before.Steps } }) == JobFingerprint.Of(stored);
    }

    /// <summary>Refuses a longer run whose steps so far would have been others.</summary>
    /// <param name="place">The directory of the last stage.</param>
    /// <param name="stored">The stage that was trained.</param>
    /// <param name="given">The stage, longer.</param>
    /// <exception cref="InvalidInputException">They would, with the reason.</exception>
    public static void Check(string place, JobSpec stored, JobSpec given)
    {
        if (!File.Exists(Path.Combine(place, StageFacts.FileName)))
            return; // it has not begun
        var facts = StageFacts.Read(place);
        int done = facts.TotalSteps, perEpoch = facts.StepsPerEpoch;
        int total = given.Training.Steps ?? checked(given.Training.Epochs!.Value * perEpoch);
        if (Reason() is { } why)
        {
            throw new InvalidInputException(Where, $"a run of {total} steps would have differed from this one of {done} before its end: {why}.",
                "Start a new run that is so long from the start; runs with constant learning rates can be made longer.");
        }

        string? Reason()
        {
            FreezePlan before = FreezePlan.Resolve(stored, perEpoch, done), now = FreezePlan.Resolve(given, perEpoch, total);
            foreach (string group in now.Groups)
            {
                if (FirstDifference(before.Of(group), now.Of(group), done) is { } step)
                    return Invariant($"at step {step} the learning rate of {group} would be {now.Of(group).LearningRate(step):G6}, and was {before.Of(group).LearningRate(step):G6}");
            }

            if (now.Phases.Any(phase => phase.Rules.Any(rule => rule.Warmup != WarmupShape.Linear)))
                return "the warm-up of a phase rises and falls over all the steps that are left";
            int every = given.Evaluation.EverySteps ?? (given.Evaluation.EveryEpochs ?? 1) * perEpoch;
            if (given.Model.NeedsLabels && given.Data is LabelledData { HasDev: true } && done % every != 0)
                return Invariant($"it was evaluated at its end, step {done}, and evaluations are due every {every} steps");
            string result = Path.Combine(place, "result.json");
            return File.Exists(result) && RunResult.Read(result) is { Status: RunStatus.Done } ended && ended.Steps < done
                ? Invariant($"it ended after {ended.Steps} steps, since evaluation.patience had run out") : null;
        }
    }

    private static int? FirstDifference(GroupTimeline before, GroupTimeline now, int steps)
    {
        for (int step = 1; step <= steps; step++)
        {
            if (before.IsFrozen(step) != now.IsFrozen(step) || before.LearningRate(step) != now.LearningRate(step))
                return step;
        }

        return null;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
