using System.Collections.Concurrent;

namespace DistEmbed.Worker.Training;

/// <summary>
/// One thread that does all of a worker's tensor work: Torch keeps dispose scopes and thread pools by thread, so a worker's slices must not wander. Takes one
/// piece of work at a time; the pipeline never gives it a second.
/// </summary>
public sealed class ComputeThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    public ComputeThread(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Has <paramref name="work"/> done on the thread; it must not throw.</summary>
    public void Post(Action work) => _work.Add(work);

    /// <summary>Lets the work under way end, then the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        if (Thread.CurrentThread != _thread)
            _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
            work();
    }
}
