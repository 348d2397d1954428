using System.Runtime.CompilerServices;

// Every P/Invoke here is source-generated and passes blittable values only; without the runtime's own marshalling their stubs
// can be compiled ahead of time, which a worker's start is spared.
[assembly: DisableRuntimeMarshalling]
