using System.Buffers;

namespace DistEmbed.Protocol.Rows;

/// <summary>Memory that lies outside the runtime and is lent to the row values of messages. What is dropped without being returned comes back when the collector finds it.</summary>
public abstract class LentMemory : MemoryManager<float>
{
    /// <summary>Ends one use of it; whoever returns it must not use it any more.</summary>
    public abstract void Return();
}
