using System.Text.Json;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Run;

/// <summary>How the run stands, and who is being waited for.</summary>
public sealed partial class RunState
{
    /// <summary>How the run stands.</summary>
    public RunProgress Progress(TimeSpan now)
    {
        _now = now;
        int next = _ledger.SettledStep + 1;
        return new RunProgress
        {
            Phase = JsonNamingPolicy.KebabCaseLower.ConvertName(_phase.ToString()),
            Paused = _paused,
            Step = _ledger.SettledStep,
            GrantedStep = _ledger.GrantedStep,
            EndStep = _endStep,
            StepsPerEpoch = _plan.StepsPerEpoch,
            Seconds = _phase is Phase.Joining or Phase.Seeding ? _secondsBefore : Elapsed,
            Loss = _recent.Loss,
            ExamplesPerSecond = _recent.ExamplesPerSecond(now),
            WordsPerSecond = _recent.WordsPerSecond(now),
            Unit = _plan.Job.Model.Unit,
            LastEvaluation = _evaluations.Count > 0 ? _evaluations[^1] : null,
            Best = _best,
            LastCheckpoint = _committedStep >= 0 ? _committedStep : null,
            Groups = [.. _plan.Tables.GroupBy(t => t.Spec.Group).Select(g => StatusOf(g.Key, [.. g], next))],
            Workers = [.. _ledger.Workers.Select(w => _reports.StatusOf(w, _ledger.OpenSlicesOf(w), _ledger.Draining.Contains(w), now))],
            Shards = _reports.Shards(now),
            Awaited = [.. Awaits().OrderByDescending(a => a.Seconds)],
            Totals = _totals,
            TrainingPhase = _plan.Freeze.IsNamed ? _phases.StatusOf(next) : null,
        };
    }

    private static GroupStatus StatusOf(string group, IReadOnlyList<TablePlan> tables, int step)
    {
        bool frozen = tables.All(table => table.IsFrozen(step));
        int thaw = NextTunedStep(tables, step);
        return new GroupStatus(group, frozen, tables.Max(table => table.Timelines.Max(t => t.LearningRate(step))), frozen && thaw != GroupTimeline.Never ? thaw : null)
        {
            FrozenRows = tables.Where(table => table.IsMixed(step)).Sum(table => table.Timelines.Index().Where(t => t.Item.IsFrozen(step)).Sum(t => (long)table.Rows!.RowsOf(t.Index))),
        };
    }

    private static int NextTunedStep(IEnumerable<TablePlan> tables, int step) => tables.Min(table => table.Timelines.Min(timeline => timeline.NextTunedStep(step)));

    private IEnumerable<Awaited> Awaits()
    {
        double since = (_now - _phaseSince).TotalSeconds;
        switch (_phase)
        {
            case Phase.Joining:
                if (_ledger.Workers.Count < _expectedWorkers)
                    yield return new Awaited("workers", $"{_expectedWorkers - _ledger.Workers.Count} of {_expectedWorkers} have not joined", since);
                foreach (int shard in Enumerable.Range(0, _shards).Where(s => !_readyShards.Contains(s)))
                    yield return new Awaited($"shard-{shard}", "is not ready", since);
                yield break;
            case Phase.Seeding or Phase.RestoringBest or Phase.Snapshotting:
                foreach (int shard in Enumerable.Range(0, _shards).Where(s => !_answered.Contains(s)))
                    yield return _reports.WaitFor(shard, _phase == Phase.Snapshotting ? $"has not set step {_draft!.Step} aside for a checkpoint" : "does not have its rows yet", _phaseSince, _now);
                yield break;
            case Phase.Over:
                yield break;
        }

        if (_ledger.Available.Count == 0 && (!_ledger.IsQuiescent || _phase == Phase.Evaluating || !_paused))
            yield return new Awaited("workers", "none is left that can be granted anything; start one", since);
        foreach (Awaited awaited in AwaitedWork().Concat(_reports.SilentShards(_now)).Where(a => a.Seconds >= AwaitedAfter))
            yield return awaited;
        if (_hold is { } hold && _ledger.IsQuiescent && _phase == Phase.Training && _ledger.SettledStep >= hold)
            yield return new Awaited("hold", $"a test holds the run at step {hold}", since);
        foreach (int shard in _changes.MissingShards)
            yield return _reports.WaitFor(shard, "has not made a change of the plan", _changes.SentAt, _now);
        if (_draft is not null && _ledger.IsQuiescent && _phase == Phase.Training && !_paused)
        {
            foreach (int shard in _draft.MissingShards)
                yield return _reports.WaitFor(shard, $"writes the checkpoint of step {_draft.Step}", _phaseSince, _now);
        }
    }

    private IEnumerable<Awaited> AwaitedWork()
    {
        if (_phase == Phase.Evaluating)
        {
            return _chunks!.Awaited.SelectMany(a => _reports.WaitFor(
                a.Worker, $"{_chunks.OpenOf(a.Worker).Count} chunks of {JsonNamingPolicy.KebabCaseLower.ConvertName(_chunks.Part.ToString())}", a.Since, _standsAt + 1, null, _now));
        }

        int step = _ledger.SettledStep + 1;
        return _ledger.Awaited().Where(a => a.Worker is not null)
            .SelectMany(a => _reports.WaitFor(a.Worker!, $"slice {a.Slice} of step {step}", a.Since, step, a.Slice, _now));
    }
}
