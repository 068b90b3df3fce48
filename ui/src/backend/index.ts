export { type Answer, type Backend, BackendFault, CONTRACT, faultOf, type Listener } from './interface';
export { tauriBackend } from './tauri';
