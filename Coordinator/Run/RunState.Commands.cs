using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>Commands of whoever steers the run. Each is answered at once; what was granted before stays as it is.</summary>
public sealed partial class RunState
{
    /// <summary>The user wants the run to stop: what is granted is finished, a checkpoint committed, then it ends.</summary>
    public IReadOnlyList<RunEffect> OnStop(StopRun stop, TimeSpan now)
    {
        Enter(now);
        if (IsOver)
            return Refuse("The run is over.");
        if (!_stopping)
            Publish(new RunEvent.StopAsked(stop.Who, stop.Server, _ledger.GrantedStep));
        _stopping = true;
        Accept(_ledger.GrantedStep);
        return Advance();
    }

    /// <summary>Somebody wants nothing more to be granted until <see cref="OnResume"/>; what is granted is finished, and what is due at its end is done.</summary>
    public IReadOnlyList<RunEffect> OnPause(PauseRun pause, TimeSpan now)
    {
        Enter(now);
        if (Closed is { } reason)
            return Refuse(reason);
        if (!_paused)
            Publish(new RunEvent.Paused(pause.Who, _ledger.GrantedStep + 1));
        _paused = true;
        Accept(_ledger.GrantedStep + 1);
        return Done();
    }

    /// <summary>Somebody wants the run to go on.</summary>
    public IReadOnlyList<RunEffect> OnResume(ResumeRun resume, TimeSpan now)
    {
        Enter(now);
        if (Closed is { } reason)
            return Refuse(reason);
        if (_paused)
            Publish(new RunEvent.Resumed(resume.Who, _ledger.GrantedStep + 1));
        _paused = false;
        Accept(_ledger.GrantedStep + 1);
        return Advance();
    }

    /// <summary>No step after <paramref name="step"/> is to be granted; null: all may be. What is granted already is finished.</summary>
    public IReadOnlyList<RunEffect> OnHold(int? step, TimeSpan now)
    {
        Enter(now);
        if (_hold == step)
            return Done();
        _hold = step;
        return Advance();
    }

    /// <summary>Somebody wants a checkpoint: it is taken at the end of the last granted step, and nothing is granted before.</summary>
    public IReadOnlyList<RunEffect> OnTakeCheckpoint(TakeCheckpoint take, TimeSpan now)
    {
        Enter(now);
        if ((Closed ?? NotBegun) is { } reason)
            return Refuse(reason);
        _checkpointAsked = true;
        Publish(new RunEvent.CheckpointAsked(take.Who, _ledger.GrantedStep));
        Accept(_ledger.GrantedStep);
        return Advance();
    }

    /// <summary>Somebody wants a group changed: from the step after the last granted one, which is granted when every shard has made the change.</summary>
    public IReadOnlyList<RunEffect> OnChangeGroup(ChangeGroup change, TimeSpan now)
    {
        Enter(now);
        string? fault = Closed ?? NotBegun ?? (_stopping || _ledger.GrantedStep >= _endStep ? "Every step of the run is granted already." : null);
        if ((fault ?? _changes.FaultOf(change)) is { } reason)
            return Refuse(reason);
        var made = new PlanChange(_ledger.GrantedStep + 1, change.Group, change.Frozen, change.LearningRate, change.Who, change.At);
        Make(made);
        Accept(made.Step);
        return Done();
    }

    /// <summary>Somebody wants the next phase to begin: with the step after the last granted one.</summary>
    public IReadOnlyList<RunEffect> OnNextPhase(NextPhase next, TimeSpan now)
    {
        Enter(now);
        int step = _ledger.GrantedStep + 1, phase = _phases.PhaseOf(step);
        string? fault = Closed ?? NotBegun ?? (_stopping || _ledger.GrantedStep >= _endStep ? "Every step of the run is granted already." : null);
        if ((fault ?? (_phases.IsLast(step) ? LastPhase(phase) : null)) is { } reason)
            return Refuse(reason);
        Begin(phase + 1, next.Who, next.At);
        Accept(step);
        return Done();
    }

    /// <summary>A shard has made changes.</summary>
    public IReadOnlyList<RunEffect> OnPlanChanged(PlanChanged made, TimeSpan now)
    {
        Enter(now);
        _changes.OnMade(made);
        return Advance();
    }

    /// <summary>Somebody wants a worker to be granted nothing more; <see cref="RunEffect.WorkerDrained"/> follows when it has nothing left to do.</summary>
    public IReadOnlyList<RunEffect> OnDrain(DrainWorker drain, TimeSpan now)
    {
        Enter(now);
        if (!_ledger.Workers.Contains(drain.Worker))
            return Refuse($"There is no worker '{drain.Worker}' in this run. Its workers: {string.Join(", ", _ledger.Workers)}.");
        if (!IsOver && _ledger.Workers.All(w => w == drain.Worker || _ledger.Draining.Contains(w)))
            return Refuse($"'{drain.Worker}' is the last worker of the run. Start another first.");
        if (!_ledger.Draining.Contains(drain.Worker))
            Publish(new RunEvent.DrainAsked(drain.Who, drain.Worker, _ledger.GrantedStep + 1));
        _ledger.Drain(drain.Worker);
        _released.Remove(drain.Worker);
        Accept(_ledger.GrantedStep + 1);
        return Done();
    }

    private string LastPhase(int phase) => _plan.Freeze.Phases.Count == 1
        ? "The job has no phases: freeze, thaw and lr change a group."
        : $"Phase '{_phases.NameOf(phase)}' is the last of the job's {_plan.Freeze.Phases.Count}.";

    /// <summary>Has a phase begin with the step after the last granted one.</summary>
    private void Begin(int phase, string who, DateTimeOffset at) =>
        Make(new PlanChange(_ledger.GrantedStep + 1, "", null, null, who, at) { BeginsPhase = phase });

    private void Make(PlanChange made)
    {
        _changes.Make(made);
        _phases.Take(_changes.All);
        foreach (string worker in _ledger.Workers)
            _effects.Add(new RunEffect.ToWorker(worker, new ChangePlan(made)));
        _effects.Add(new RunEffect.ToShards(_changes.Message(made, _now)));
        Publish(new RunEvent.Changed(made));
    }

    private string? Closed => _phase switch
    {
        Phase.Over => "The run is over.",
        Phase.RestoringBest => "Training has ended.",
        Phase.Evaluating when _chunks!.Part == EvaluationPart.Test => "Training has ended.",
        _ => null,
    };

    private string? NotBegun => _phase is Phase.Joining or Phase.Seeding ? "Training has not begun. Ask again when it has." : null;

    private void Accept(int step) => _effects.Add(new RunEffect.Answer(new CommandAccepted(step)));

    private RunEffect[] Refuse(string reason)
    {
        _effects.Add(new RunEffect.Answer(new CommandRefused(reason)));
        return Done();
    }
}
