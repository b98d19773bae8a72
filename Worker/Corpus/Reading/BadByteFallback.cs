using System.Text;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>Puts one character in the place of bytes that are not of an encoding.</summary>
/// <param name="replacement">The character.</param>
/// <param name="count">Called with the number of bytes that are replaced.</param>
internal sealed class BadByteFallback(char replacement, Action<int> count) : DecoderFallback
{
    public override int MaxCharCount => 1;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(replacement, count);

    private sealed class Buffer(char replacement, Action<int> count) : DecoderFallbackBuffer
    {
        private bool _given = true;

        public override int Remaining => _given ? 0 : 1;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            count(bytesUnknown.Length);
            _given = false;
            return true;
        }

        public override char GetNextChar()
        {
            char next = _given ? '\0' : replacement; // NUL tells a decoder that there is nothing left
            _given = true;
            return next;
        }

        public override bool MovePrevious() => false;

        public override void Reset() => _given = true;
    }
}
