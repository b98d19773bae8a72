using System.Globalization;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Run;

/// <summary>
/// Finds that a phase of training has come to its end where steps alone do not decide it: dev has stalled, the loss or a gradient norm is small enough. What it says is a function of
/// the steps, evaluations and changes so far, so that a run that goes on says the same. It looks only where nothing is in flight. Knows no actor or clock.
/// </summary>
/// <param name="plan">The phases.</param>
/// <param name="watched">Groups of <see cref="SettledStep.GradientSquares"/>.</param>
public sealed class PhaseWatch(FreezePlan plan, IReadOnlyList<string> watched)
{
    private int[] _starts = plan.Times.Starts([]);

    /// <summary>What was measured since the last check.</summary>
    public PhaseWindow Window { get; private set; } = new(0, 0, 0, []);

    /// <summary>Goes on as a checkpoint has it.</summary>
    public void Restore(PhaseWindow window) => Window = window;

    /// <summary>Takes the changes so far, all of them.</summary>
    public void Take(IReadOnlyList<PlanChange> changes) => _starts = plan.Times.Starts(changes);

    /// <summary>The phase of a step, from 0.</summary>
    public int PhaseOf(int step) => PhaseTimes.IndexOf(_starts, step);

    /// <summary>The first step of a phase; <see cref="GroupTimeline.Never"/>: not known.</summary>
    public int StartOf(int phase) => _starts[phase];

    /// <summary>Whether a step is of the last phase.</summary>
    public bool IsLast(int step) => PhaseOf(step) == _starts.Length - 1;

    /// <summary>Adds what a step measured.</summary>
    public void Add(SettledStep step)
    {
        int phase = PhaseOf(step.Step);
        if (plan.Phases[phase].Until is not { IsAwaited: true } until)
            return;
        if ((step.Step - _starts[phase]) % Every(until) == 0)
            Window = new PhaseWindow(0, 0, 0, []);
        Window = new PhaseWindow(
            Window.Steps + 1, Window.LossSum + step.LossSum, Window.LossCount + step.LossCount,
            Window.GradientSquares.Count == 0 ? step.GradientSquares : [.. Window.GradientSquares.Zip(step.GradientSquares, (a, b) => a + b)]);
    }

    /// <summary>The next step after this one at whose end loss or gradient norm are looked at; null: none is known.</summary>
    public int? NextCheck(int step)
    {
        int phase = PhaseOf(step + 1);
        if (plan.Phases[phase].Until is not { } until || !until.IsChecked)
            return null;
        int every = Every(until);
        return _starts[phase] - 1 + ((step - _starts[phase] + 1) / every + 1) * every;
    }

    /// <summary>Why the phase of a step, which is settled, ends with it; null: it does not, or steps have ended it already.</summary>
    public string? EndOf(int step, IReadOnlyList<EvaluationRecord> evaluations)
    {
        int phase = PhaseOf(step);
        if (step < 1 || phase == _starts.Length - 1 || _starts[phase + 1] <= step + 1 || plan.Phases[phase].Until is not { } until)
            return null;
        if (until.DevStalled is { } most && evaluations.Count > 0 && evaluations[^1].Step == step && Stalled(evaluations, _starts[phase]) >= most)
            return string.Create(CultureInfo.InvariantCulture, $"dev stalled for {most}");
        if (!until.IsChecked || (step - _starts[phase] + 1) % Every(until) != 0)
            return null;
        if (until.TrainLossBelow is { } bound && Window.LossSum / Window.LossCount is var loss && loss < bound)
            return string.Create(CultureInfo.InvariantCulture, $"train loss {loss:0.####} is below {bound}");
        if (until.GradientNormBelow is { } small && NormOf(until) is var norm && norm < small)
            return string.Create(CultureInfo.InvariantCulture, $"gradient norm {norm:0.####} of {plan.HeadOf(until)} is below {small}");
        return null;
    }

    /// <summary>The phase of a step, for whoever watches.</summary>
    public TrainingPhase StatusOf(int step)
    {
        int phase = PhaseOf(step);
        IEnumerable<string> ends = PhaseTable.Ends(plan, phase);
        int next = phase + 1 < _starts.Length ? _starts[phase + 1] : GroupTimeline.Never;
        string steps = next != GroupTimeline.Never && plan.Phases[phase].Until?.IsAwaited != true ? string.Create(CultureInfo.InvariantCulture, $"step {next - 1}") : "";
        return new TrainingPhase(phase + 1, _starts.Length, NameOf(phase), _starts[phase], steps.Length > 0 ? steps : string.Join(" or ", ends));
    }

    /// <summary>Name of a phase.</summary>
    public string NameOf(int phase) => plan.NameOf(phase);

    private static int Stalled(IReadOnlyList<EvaluationRecord> evaluations, int from)
    {
        double best = double.NegativeInfinity;
        int since = 0;
        foreach (EvaluationRecord evaluation in evaluations)
        {
            if (evaluation.Step < from)
                continue;
            since = evaluation.Scores.Main > best ? 0 : since + 1;
            best = Math.Max(best, evaluation.Scores.Main);
        }

        return since;
    }

    private int Every(PhaseEndSpec until) => until.CheckEverySteps ?? plan.StepsPerEpoch;

    private double NormOf(PhaseEndSpec until)
    {
        int group = watched.ToList().IndexOf(plan.HeadOf(until));
        return group < Window.GradientSquares.Count ? Math.Sqrt(Window.GradientSquares[group] / Window.Steps) : double.NaN;
    }
}
