namespace DistEmbed.Protocol.Serialization;

/// <summary>A line of <see cref="MessageTable"/>.</summary>
/// <param name="Manifest">What names the message on the wire.</param>
/// <param name="Type">The message.</param>
internal abstract record MessageEntry(string Manifest, Type Type)
{
    public delegate void Writing<in T>(ref MessageWriter writer, T message);

    public delegate T Reading<out T>(ref MessageReader reader);

    public static MessageEntry Of<T>(string manifest, int fields, Writing<T> write, Reading<T> read) where T : class => new Typed<T>(manifest, fields, write, read);

    public abstract void Write(ref MessageWriter writer, object message);

    public abstract object Read(ref MessageReader reader);

    private sealed record Typed<T>(string Manifest, int Fields, Writing<T> Writing, Reading<T> Reading) : MessageEntry(Manifest, typeof(T)) where T : class
    {
        public override void Write(ref MessageWriter writer, object message)
        {
            writer.Fields(Fields);
            Writing(ref writer, (T)message);
        }

        public override object Read(ref MessageReader reader)
        {
            reader.Fields(Fields);
            return Reading(ref reader);
        }
    }
}
